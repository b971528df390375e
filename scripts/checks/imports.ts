// The import check: who may import whom, over the real tree.
import { repositoryRoot } from '../repository-root.ts';
import { cruise } from './cruise.ts';
import type { StaticCheck } from './static-check.ts';

export const imports: StaticCheck = {
  name: 'imports',
  async run() {
    const { modulesSeen, violations } = await cruise(repositoryRoot);
    const problems = violations.map(({ rule, from, to, reason }) => `${from} -> ${to}: ${rule}. ${reason}`);
    return { filesSeen: modulesSeen, problems };
  },
};
