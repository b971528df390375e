// The embedded flow runner plays the contract.

import { join } from 'node:path';

import { createFlowRunner } from '../../../lib/clouds/local/flow-runner/flow-runner.ts';
import { flowRunnerContract } from '../flow-runner.contract.ts';

flowRunnerContract('embedded', ({ folder, ...world }) =>
  createFlowRunner({ ...world, file: join(folder, 'flows.sqlite') }),
);
