import { expect, test } from '@jest/globals';

import { parseMachine } from '../../../flows/parse-machine.ts';
import { systemClock } from '../clock.ts';
import { Halted } from './failure.ts';
import { Journal } from './journal.ts';
import { runStates } from './run-states.ts';

test('a group that was told to stop - enters no further state', async () => {
  const { definition } = parseMachine(
    '{ Comment: c, StartAt: Done, States: { Done: { Comment: c, Type: Succeed } } }',
    'flow',
  );
  const journal = new Journal(':memory:');
  journal.begin({
    id: 'flow:one',
    machine: 'flow',
    name: 'one',
    input: '{}',
    definition: JSON.stringify(definition),
    startedAt: 0,
  });

  const run = runStates(
    {
      execution: 'flow:one',
      prefix: '',
      group: definition,
      context: { Execution: { Id: 'flow:one', Name: 'one', Input: {}, StartTime: '2026-01-02T03:04:05.000Z' } },
      signal: AbortSignal.abort(),
      journal,
      invoke: async () => await Promise.resolve(null),
      clock: systemClock,
    },
    {},
  );

  await expect(run).rejects.toBeInstanceOf(Halted);
  expect(journal.events('flow:one').map((event) => event.what)).toEqual(['started']);
  journal.close();
});
