// The flow that is killed again and again: every kind of state, a map of eight polling items, a caught failure, branches and a wait.

import { HoldfastError } from '../../../lib/domain/errors.ts';
import type { JsonObject, JsonValue } from '../../../lib/domain/json.ts';
import { parseMachine } from '../../../lib/flows/parse-machine.ts';
import type { TaskContext } from '../../../lib/ports/flow-runner.ts';

export const longFlow = parseMachine(
  `
Comment: Begins, dumps eight units three at a time, copies to two places, rests, decides
StartAt: Begin
States:
  Begin: { Comment: c, Type: Task, Resource: 'function:test/begin', ResultPath: $.begun, Next: DumpUnits }
  DumpUnits:
    Comment: c
    Type: Map
    ItemsPath: $.units
    ItemSelector: { id.$: $.id, unit.$: $$.Map.Item.Value }
    MaxConcurrency: 3
    ResultPath: $.dumped
    Next: Copy
    ItemProcessor:
      ProcessorConfig: { Mode: INLINE }
      StartAt: StartDump
      States:
        StartDump: { Comment: c, Type: Task, Resource: 'function:test/start', ResultPath: $.job, Next: AwaitDump }
        AwaitDump:
          Comment: c
          Type: Task
          Resource: function:test/await
          TimeoutSeconds: 99999999
          Retry: [{ ErrorEquals: [StillRunning], IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 100 }]
          Catch: [{ ErrorEquals: [WorkerLost], ResultPath: $.error, Next: NoteLoss }]
          End: true
        NoteLoss: { Comment: c, Type: Task, Resource: 'function:test/note', End: true }
  Copy:
    Comment: c
    Type: Parallel
    ResultPath: $.copies
    Next: Rest
    Branches:
      - StartAt: CopyNear
        States:
          CopyNear: { Comment: c, Type: Task, Resource: 'function:test/near', End: true }
      - StartAt: CopyFar
        States:
          CopyFar: { Comment: c, Type: Task, Resource: 'function:test/far', End: true }
  Rest: { Comment: c, Type: Wait, Seconds: 6, Next: Check }
  Check: { Comment: c, Type: Task, Resource: 'function:test/check', Parameters: { copies.$: $.copies }, ResultPath: $.ok, Next: IsOk }
  IsOk: { Comment: c, Type: Choice, Choices: [{ Variable: $.ok, BooleanEquals: true, Next: Complete }], Default: Refuse }
  Refuse: { Comment: c, Type: Fail, Error: ComplianceFailed, Cause: not ok }
  Complete: { Comment: c, Type: Task, Resource: 'function:test/complete', End: true }
`,
  'long',
);

export const longInput: JsonObject = { id: 'b1', units: [0, 1, 2, 3, 4, 5, 6, 7] };

/** The unit whose worker is lost. */
const LOST_UNIT = 5;

/** What the steps answer depends on nothing but their input and attempt, so that every run ends alike. */
export function answerOf(resource: string, input: JsonObject, task: TaskContext, polls: number): JsonValue {
  switch (resource.slice('function:test/'.length)) {
    case 'await':
      if (task.attempt < polls) throw new HoldfastError('StillRunning', 'not yet');
      if (input['unit'] === LOST_UNIT) throw new HoldfastError('WorkerLost', 'gone', { unit: LOST_UNIT });
      return { done: input['unit'] ?? null, job: input['job'] ?? null };
    case 'check':
      return (input['copies'] as readonly JsonValue[]).length === 2;
    case 'complete':
      return input;
    default:
      return { by: resource, path: task.path };
  }
}
