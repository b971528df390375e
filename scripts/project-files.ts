// Lists the files that belong to the project: tracked ones and new ones that are not ignored.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { repositoryRoot } from './repository-root.ts';
import { runProcessOrThrow } from './run-process.ts';

/** Paths relative to the repository, sorted. Works in an unpacked copy without git as well. */
export async function projectFiles(): Promise<readonly string[]> {
  const files = existsSync(join(repositoryRoot, '.git')) ? await filesKnownToGit() : filesFoundByWalking();
  return files.filter((file) => existsSync(join(repositoryRoot, file))).sort();
}

async function filesKnownToGit(): Promise<string[]> {
  const listing = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const output = await runProcessOrThrow('git', listing, { cwd: repositoryRoot });
  return [...new Set(output.split('\0').filter((file) => file !== ''))];
}

function filesFoundByWalking(): string[] {
  const ignored = readFileSync(join(repositoryRoot, '.gitignore'), 'utf8').split('\n');
  const exclude = ignored.filter((line) => line !== '').map((line) => `**/${line.replace(/\/$/, '')}`);
  return globSync('**/*', { cwd: repositoryRoot, exclude, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(repositoryRoot.length + 1));
}
