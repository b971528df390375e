// The type check: the compiler over the whole project, with the list of files it really read.
import { packageProgram } from '../package-program.ts';
import { repositoryRoot } from '../repository-root.ts';
import { runProcess } from '../run-process.ts';
import type { StaticCheck } from './static-check.ts';

export const types: StaticCheck = {
  name: 'types',
  async run() {
    const compiler = packageProgram('typescript', 'tsc');
    const settings = ['--project', '.', '--pretty', 'false', '--listFiles'];
    const result = await runProcess(process.execPath, [compiler, ...settings], { cwd: repositoryRoot });
    const lines = result.stdout.split('\n').filter((line) => line !== '');
    const listed = lines.filter((line) => line.startsWith('/'));
    const problems = lines.filter((line) => !line.startsWith('/'));
    if (result.exitCode !== 0 && problems.length === 0) {
      problems.push(`the compiler ended with ${result.exitCode}: ${result.stderr}`);
    }
    return { filesSeen: listed.filter((file) => !file.includes('/node_modules/')).length, problems };
  },
};
