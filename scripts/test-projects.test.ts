// Tests that each kind of test file belongs to the project that runs it.
import { expect, test } from '@jest/globals';

import { projectOf } from './test-projects.ts';

test.each([
  ['lib/domain/chain.test.ts', 'unit'],
  ['functions/backup/dump-source/handler.test.ts', 'unit'],
  ['scripts/test-projects.test.ts', 'unit'],
  ['lib/engines/redis/engine.contract.test.ts', 'contract'],
  ['test/contracts/local.test.ts', 'contract'],
  ['test/flows/backup.test.ts', 'flow'],
  ['test/faults/kill.test.ts', 'fault'],
  ['test/architecture/tidy.test.ts', 'architecture'],
  ['test/architecture/violations/tests-never-imported/lib/domain/units.test.ts', undefined],
  ['test/integration/postgresql.test.ts', 'integration'],
  ['test/e2e/round-trip.test.ts', 'e2e'],
  ['lib/domain/chain.ts', undefined],
])('%s belongs to %s', (file, project) => {
  expect(projectOf(file)).toBe(project);
});
