// The layout check: every file that prettier knows is laid out by prettier.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as prettier from 'prettier';

import { projectFiles } from '../project-files.ts';
import { repositoryRoot } from '../repository-root.ts';
import type { StaticCheck } from './static-check.ts';

export const format: StaticCheck = {
  name: 'format',
  // The interface is used and not the program, because the program does not say how many files it read.
  async run() {
    const ignorePath = join(repositoryRoot, '.prettierignore');
    const options = await prettier.resolveConfig(join(repositoryRoot, 'package.json'));
    const problems: string[] = [];
    let filesSeen = 0;
    for (const file of await projectFiles()) {
      const path = join(repositoryRoot, file);
      const { ignored, inferredParser } = await prettier.getFileInfo(path, { ignorePath });
      if (ignored || inferredParser === null) {
        continue;
      }
      filesSeen += 1;
      const source = await readFile(path, 'utf8');
      if (!(await prettier.check(source, { ...options, filepath: path }).catch(() => false))) {
        problems.push(`${file}: not laid out by prettier: run "npm run format"`);
      }
    }
    return { filesSeen, problems };
  },
};
