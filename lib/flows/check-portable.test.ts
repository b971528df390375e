import { describe, expect, test } from '@jest/globals';

import { HoldfastError } from '../domain/errors.ts';
import { portabilityFaults } from './check-portable.ts';
import { faultLine } from './faults.ts';
import { parseMachine } from './parse-machine.ts';

type Fields = Record<string, unknown>;

const act = { Comment: 'Does it', Type: 'Task', Resource: 'function:backup/act', End: true };
const ender = { Comment: 'Done', Type: 'Succeed' };
const item = { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'Inner', States: { Inner: { ...act } } };
const each = {
  Comment: 'For each',
  Type: 'Map',
  ItemsPath: '$.items',
  ItemSelector: { 'item.$': '$$.Map.Item.Value' },
  MaxConcurrency: 2,
  ItemProcessor: item,
  End: true,
};
const retrier = {
  ErrorEquals: ['StillRunning'],
  IntervalSeconds: 1,
  BackoffRate: 1.5,
  MaxAttempts: 100,
  MaxDelaySeconds: 60,
};
const catcher = { ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Other' };
const rule = { Variable: '$.n', NumericEquals: 1, Next: 'Other' };
const fail = { Comment: 'Fails', Type: 'Fail', Error: 'CopyMissing', Cause: 'no copy' };

const machine = (states: Fields, rest: Fields = {}): Fields => ({
  Comment: 'A machine',
  StartAt: 'First',
  States: states,
  ...rest,
});
/** The state under test comes first; a second one is there to go to. */
const task = (rest: Fields): Fields =>
  machine({ First: { ...act, ...rest, End: undefined, Next: 'Other', ResultPath: '$.act' }, Other: ender });
const pruned = (definition: Fields): Fields => JSON.parse(JSON.stringify(definition)) as Fields;
const lines = (definition: Fields): readonly string[] => portabilityFaults(pruned(definition)).map(faultLine);

describe('portable machines pass', () => {
  const portable: Record<string, Fields> = {
    'a task with everything': task({
      Parameters: { 'id.$': '$.id', of: { 'whole.$': '$', list: [{ 'at.$': '$$.Execution.StartTime' }] } },
      TimeoutSeconds: 99_999_999,
      Retry: [retrier],
      Catch: [{ ErrorEquals: ['WorkerLost', 'States.Timeout'], ResultPath: null, Next: 'Other' }, catcher],
    }),
    'a map': machine({ First: { ...each } }),
    'a map in a branch': machine({
      First: {
        Comment: 'Both',
        Type: 'Parallel',
        End: true,
        Branches: [{ StartAt: 'Each', States: { Each: { ...each } } }],
      },
    }),
    'a choice': machine({
      First: {
        Comment: 'Decides',
        Type: 'Choice',
        Choices: [
          { Or: [{ Not: { Variable: '$.a', IsNull: true } }, { Variable: '$.b', StringLessThan: 'x' }], Next: 'Other' },
        ],
        Default: 'Other',
      },
      Other: ender,
    }),
    'a wait': machine({
      First: { Comment: 'Rests', Type: 'Wait', TimestampPath: '$.at', Next: 'Other' },
      Other: ender,
    }),
    'a fail by paths': machine({
      First: { Comment: 'Fails', Type: 'Fail', ErrorPath: '$.error.Error', CausePath: '$.error.Cause' },
    }),
    'a loop': machine({ First: { ...act, Catch: [{ ...catcher, Next: 'First' }] } }),
  };

  test.each(Object.keys(portable))('%s', (name) => {
    expect(lines(portable[name] ?? {})).toEqual([]);
  });
});

describe('what only some platforms can do is refused', () => {
  const refused: readonly (readonly [title: string, definition: Fields, complaint: RegExp])[] = [
    ['a machine without Comment', machine({ First: ender }, { Comment: ' ' }), /^machine: has no Comment: /],
    [
      'a machine with a timeout',
      machine({ First: ender }, { TimeoutSeconds: 5 }),
      /^machine: field 'TimeoutSeconds' is outside/,
    ],
    ['a machine without states', machine({}), /^machine: has no States/],
    [
      'a start that does not exist',
      machine({ First: ender }, { StartAt: 'Fist' }),
      /StartAt "Fist" is no state here: name one of First/,
    ],
    ['a state without Comment', machine({ First: { ...ender, Comment: undefined } }), /^state First: has no Comment/],
    ['an unknown type', machine({ First: { ...ender, Type: 'Activity' } }), /^state First: Type "Activity" is outside/],
    ['a name in small letters', machine({ first: ender }, { StartAt: 'first' }), /^state first: is no state name/],
    [
      'two states of one name',
      machine({ First: { ...each, ItemProcessor: { ...item, StartAt: 'First', States: { First: act } } } }),
      /^state First\/First: has the name of another/,
    ],
    [
      'a way to nowhere',
      machine({ First: { ...act, End: undefined, Next: 'Gone', ResultPath: null } }),
      /^state First: goes to 'Gone', which is no state here/,
    ],
    [
      'a way out of a map',
      machine({
        First: {
          ...each,
          ItemProcessor: { ...item, States: { Inner: { ...act, End: undefined, Next: 'First', ResultPath: null } } },
        },
      }),
      /^state First\/Inner: goes to 'First'/,
    ],
    ['a state that nobody reaches', machine({ First: ender, Other: ender }), /^state Other: is never reached/],
    [
      'a flow that cannot end',
      machine({ First: { ...act, End: undefined, Next: 'First', ResultPath: null } }),
      /^machine: never ends: let a state say 'End: true'/,
    ],
    ['neither Next nor End', machine({ First: { ...act, End: undefined } }), /has not exactly one of Next and End/],
    [
      'both Next and End',
      machine({ First: { ...act, Next: 'Other', ResultPath: null }, Other: ender }),
      /has not exactly one of Next and End/,
    ],
    [
      'a result that replaces the data',
      machine({ First: { ...act, End: undefined, Next: 'Other' }, Other: ender }),
      /would replace the whole data: write ResultPath/,
    ],
    [
      'a nested ResultPath',
      machine({ First: { ...act, ResultPath: '$.a.b' } }),
      /ResultPath path "\$\.a\.b" is outside.*one key/,
    ],
    [
      'a resource of one cloud',
      machine({ First: { ...act, Resource: 'arn:aws:states:::lambda:invoke' } }),
      /is no function: write 'function:<folder>\/<step>'/,
    ],
    [
      'InputPath',
      task({ InputPath: '$.a' }),
      /field 'InputPath' of Task is outside the portable subset: pick fields in Parameters/,
    ],
    ['ResultSelector', task({ ResultSelector: {} }), /field 'ResultSelector' of Task/],
    ['HeartbeatSeconds', task({ HeartbeatSeconds: 5 }), /field 'HeartbeatSeconds' of Task.*'Start…' and an 'Await…'/],
    ['a key that every object has', task({ toString: 'x' }), /field 'toString' of Task is outside/],
    [
      'an intrinsic function',
      task({ Parameters: { 'id.$': "States.Format('{}', $.id)" } }),
      /of 'id\.\$' is outside the subset.*functions belong into a task/,
    ],
    ['a path into a list', task({ Parameters: { 'id.$': '$.ids[0]' } }), /"\$\.ids\[0\]" of 'id\.\$' is outside/],
    ['a path without its mark', task({ Parameters: { id: '$.id' } }), /text '\$\.id' looks like a path.*end in '\.\$'/],
    [
      'an item outside of a map',
      task({ Parameters: { 'i.$': '$$.Map.Item.Index' } }),
      /there is an item only inside a Map/,
    ],
    [
      'a context of one platform',
      task({ Parameters: { 'n.$': '$$.State.RetryCount' } }),
      /"\$\$\.State\.RetryCount" of 'n\.\$' is outside/,
    ],
    ['a timeout of no time', task({ TimeoutSeconds: 0 }), /TimeoutSeconds is 0: write a whole number from 1/],
    ['two retriers', task({ Retry: [retrier, retrier] }), /Retry is no list of exactly one retrier/],
    ['jitter', task({ Retry: [{ ...retrier, JitterStrategy: 'FULL' }] }), /Retry field 'JitterStrategy'/],
    [
      'more polls than any platform makes',
      task({ Retry: [{ ...retrier, MaxAttempts: 101 }] }),
      /MaxAttempts is 101: write 0 to 100/,
    ],
    ['a retry without pause', task({ Retry: [{ ...retrier, IntervalSeconds: 0 }] }), /IntervalSeconds is 0/],
    ['a retry that speeds up', task({ Retry: [{ ...retrier, BackoffRate: 0.5 }] }), /BackoffRate is 0\.5/],
    [
      'a longest pause below the first',
      task({ Retry: [{ ...retrier, IntervalSeconds: 60 }] }),
      /MaxDelaySeconds is 60: write 61 to 3600/,
    ],
    [
      'a pause that grows past an hour',
      task({ Retry: [{ ...retrier, BackoffRate: 2, MaxDelaySeconds: undefined }] }),
      /the delay grows past an hour/,
    ],
    [
      'an error of no table',
      task({ Retry: [{ ...retrier, ErrorEquals: ['Lambda.Unknown'] }] }),
      /"Lambda\.Unknown" is no known error/,
    ],
    [
      'States.ALL in company',
      task({ Catch: [{ ...catcher, ErrorEquals: ['States.ALL', 'WorkerLost'] }] }),
      /States\.ALL is not alone/,
    ],
    [
      'a catcher behind States.ALL',
      task({ Catch: [catcher, { ...catcher, ErrorEquals: ['WorkerLost'] }] }),
      /catchers stand behind States\.ALL/,
    ],
    [
      'a catcher without ResultPath',
      task({ Catch: [{ ...catcher, ResultPath: undefined }] }),
      /a catcher has no ResultPath/,
    ],
    [
      'a retry of a whole map',
      machine({ First: { ...each, Retry: [retrier] } }),
      /field 'Retry' of Map.*finished ones again/,
    ],
    ['a map of unsaid width', machine({ First: { ...each, MaxConcurrency: undefined } }), /Map has no MaxConcurrency/],
    [
      'a map of unlimited width',
      machine({ First: { ...each, MaxConcurrency: 0 } }),
      /MaxConcurrency is 0: write a whole number from 1 to 40/,
    ],
    ['a map without selector', machine({ First: { ...each, ItemSelector: undefined } }), /Map has no ItemSelector/],
    [
      'a map of old spelling',
      machine({ First: { ...each, Iterator: item } }),
      /field 'Iterator' of Map.*ItemProcessor/,
    ],
    [
      'a distributed map',
      machine({
        First: {
          ...each,
          ItemProcessor: { ...item, ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
        },
      }),
      /no ProcessorConfig with Mode INLINE/,
    ],
    [
      'a parallel without branches',
      machine({ First: { Comment: 'c', Type: 'Parallel', Branches: [], End: true } }),
      /Branches is no list of branches/,
    ],
    [
      'a fault inside a branch',
      machine({
        First: {
          Comment: 'c',
          Type: 'Parallel',
          Branches: [{ StartAt: 'In', States: { In: { ...act, Comment: undefined } } }],
          End: true,
        },
      }),
      /^state First\[0\]\/In: has no Comment/,
    ],
    [
      'a choice without Default',
      machine({ First: { Comment: 'c', Type: 'Choice', Choices: [rule] }, Other: ender }),
      /Choice has no Default/,
    ],
    [
      'a comparison of one platform',
      machine({
        First: {
          Comment: 'c',
          Type: 'Choice',
          Choices: [{ Variable: '$.n', StringMatches: 'a*', Next: 'Other' }],
          Default: 'Other',
        },
        Other: ender,
      }),
      /operator 'StringMatches' is outside.*boolean/,
    ],
    [
      'a comparison of wrong type',
      machine({
        First: { Comment: 'c', Type: 'Choice', Choices: [{ ...rule, NumericEquals: '1' }], Default: 'Other' },
        Other: ender,
      }),
      /'NumericEquals' compares with "1": write a number/,
    ],
    [
      'two comparisons in one rule',
      machine({
        First: { Comment: 'c', Type: 'Choice', Choices: [{ ...rule, IsPresent: true }], Default: 'Other' },
        Other: ender,
      }),
      /a rule has 2 operators/,
    ],
    [
      'a connective with company',
      machine({
        First: {
          Comment: 'c',
          Type: 'Choice',
          Choices: [{ And: [{ Variable: '$.n', IsNull: true }], Variable: '$.n', Next: 'Other' }],
          Default: 'Other',
        },
        Other: ender,
      }),
      /'And' has company/,
    ],
    [
      'a wait of two kinds',
      machine({ First: { Comment: 'c', Type: 'Wait', Seconds: 1, SecondsPath: '$.s', End: true } }),
      /Wait has 2 of Seconds, SecondsPath/,
    ],
    [
      'a wait in local time',
      machine({ First: { Comment: 'c', Type: 'Wait', Timestamp: '2026-01-01T00:00:00+03:00', End: true } }),
      /is no instant/,
    ],
    ['a failure of no table', machine({ First: { ...fail, Error: 'Oops' } }), /Error "Oops" is not in the error table/],
    ['a failure without cause', machine({ First: { ...fail, Cause: undefined } }), /Fail has 0 of Cause, CausePath/],
    [
      'a pass of two minds',
      machine({ First: { Comment: 'c', Type: 'Pass', Result: 1, Parameters: {}, End: true } }),
      /has Result and Parameters/,
    ],
  ];

  test.each(refused)('%s', (_title, definition, complaint) => {
    expect(lines(definition)).toContainEqual(expect.stringMatching(complaint));
  });
});

describe('parseMachine', () => {
  test('several faults - are all told at once, with state, what and cure', () => {
    const text = JSON.stringify(machine({ First: { ...act, Comment: undefined, InputPath: '$' } }));

    const error = thrownBy(() => parseMachine(text, 'backup'));

    expect(error).toMatchObject({ name: 'InvalidConfiguration', facts: { machine: 'backup', faults: 2 } });
    expect(error.message.split('\n')).toEqual([
      "machine 'backup' is outside the portable subset:",
      expect.stringMatching(/^- state First: has no Comment: say/),
      expect.stringMatching(/^- state First: field 'InputPath' of Task is outside the portable subset: pick/),
    ]);
  });

  test.each([
    ['text that is no YAML', 'States: {', /unable to read machine 'backup'/],
    ['a key that stands there twice', 'Comment: a\nComment: b\n', /Map keys must be unique/],
    ['nothing', '', /is no object/],
  ])('%s - is refused', (_title, text, message) => {
    expect(() => parseMachine(text, 'backup')).toThrow(message);
  });

  test('anchors and null - are read as YAML means them', () => {
    const text = `
Comment: Two tasks
StartAt: First
States:
  First: { Comment: a, Type: Task, Resource: 'function:backup/first', ResultPath: null, Catch: &failure [{ ErrorEquals: [States.ALL], ResultPath: $.error, Next: Last }], Next: Second }
  Second: { Comment: b, Type: Task, Resource: 'function:backup/second', ResultPath: null, Catch: *failure, Next: Last }
  Last: { Comment: c, Type: Succeed }
`;

    const { name, definition } = parseMachine(text, 'backup');

    expect(name).toBe('backup');
    expect(definition.States['Second']).toMatchObject({ ResultPath: null, Catch: [{ Next: 'Last' }] });
  });
});

function thrownBy(work: () => unknown): HoldfastError {
  try {
    work();
  } catch (error) {
    if (error instanceof HoldfastError) return error;
  }
  throw new Error('nothing of ours was thrown');
}
