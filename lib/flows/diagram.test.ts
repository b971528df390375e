import { expect, test } from '@jest/globals';

import { machineDiagram } from './diagram.ts';
import { parseMachine } from './parse-machine.ts';

test('a machine with every kind of way - is drawn with its groups, choices, catchers and ends', () => {
  const machine = parseMachine(
    `
Comment: Draws
StartAt: Each
States:
  Each:
    Comment: a
    Type: Map
    ItemsPath: $.items
    ItemSelector: { item.$: $$.Map.Item.Value }
    MaxConcurrency: 2
    ResultPath: null
    Catch: [{ ErrorEquals: [WorkerLost, StorageFull], ResultPath: $.error, Next: Stop }]
    Next: Both
    ItemProcessor: { ProcessorConfig: { Mode: INLINE }, StartAt: Act, States: { Act: { Comment: b, Type: Task, Resource: 'function:x/act', End: true } } }
  Both:
    Comment: c
    Type: Parallel
    ResultPath: null
    Next: Decide
    Branches:
      - { StartAt: Left, States: { Left: { Comment: d, Type: Succeed } } }
      - { StartAt: Right, States: { Right: { Comment: e, Type: Succeed } } }
  Decide: { Comment: f, Type: Choice, Choices: [{ And: [{ Variable: $.ok, IsPresent: true }, { Not: { Variable: $.n.m, StringEquals: 'a:b' } }], Next: Done }], Default: Stop }
  Stop: { Comment: g, Type: Fail, Error: CopyMissing, Cause: none }
  Done: { Comment: h, Type: Succeed }
`,
    'drawn',
  );

  expect(machineDiagram(machine)).toBe(`stateDiagram-v2
  [*] --> Each
  state Each {
    [*] --> Act
    Act --> [*]
  }
  Each --> Both
  Each --> Stop: WorkerLost, StorageFull
  state Both {
    [*] --> Left
    Left --> [*]
    --
    [*] --> Right
    Right --> [*]
  }
  Both --> Decide
  Decide --> Done: ok is present and not (n.m is a b)
  Decide --> Stop: otherwise
  Stop --> [*]: fails
  Done --> [*]`);
});
