// The words of a state machine in the portable subset; a value of these types has passed check-portable.ts.

import type { JsonObject, JsonValue } from '../domain/json.ts';

export interface Machine {
  readonly name: string;
  readonly definition: MachineDefinition;
}

/** States of which one run goes from StartAt to a state that ends it: a whole machine, a Map's item or a Parallel's branch. */
export interface StateGroup {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export interface MachineDefinition extends StateGroup {
  readonly Comment: string;
}

export type State =
  TaskState | MapState | ParallelState | ChoiceState | WaitState | PassState | SucceedState | FailState;

export type StateType = State['Type'];

interface Commented {
  readonly Comment: string;
}

/** Exactly one of the two is there. */
interface Continued {
  readonly Next?: string;
  readonly End?: true;
}

/** `$.key` puts the result beside the data, null drops it, nothing makes the result the output of an ending state. */
interface Placed {
  readonly ResultPath?: string | null;
}

interface Caught {
  readonly Catch?: readonly Catcher[];
}

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly BackoffRate: number;
  readonly MaxAttempts: number;
  readonly MaxDelaySeconds?: number;
}

export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly ResultPath: string | null;
  readonly Next: string;
}

export interface TaskState extends Commented, Continued, Placed, Caught {
  readonly Type: 'Task';
  readonly Resource: string;
  readonly Parameters?: JsonObject;
  readonly TimeoutSeconds?: number;
  readonly Retry?: readonly [Retrier];
}

export interface MapState extends Commented, Continued, Placed, Caught {
  readonly Type: 'Map';
  readonly ItemsPath: string;
  readonly ItemSelector: JsonObject;
  readonly MaxConcurrency: number;
  readonly ItemProcessor: StateGroup & { readonly ProcessorConfig: { readonly Mode: 'INLINE' } };
}

export interface ParallelState extends Commented, Continued, Placed, Caught {
  readonly Type: 'Parallel';
  readonly Branches: readonly StateGroup[];
}

/** One of And, Or, Not, or a Variable with one operator. */
export interface Rule {
  readonly And?: readonly Rule[];
  readonly Or?: readonly Rule[];
  readonly Not?: Rule;
  readonly Variable?: string;
  readonly [operator: string]: unknown;
}

export type Choice = Rule & { readonly Next: string };

export interface ChoiceState extends Commented {
  readonly Type: 'Choice';
  readonly Choices: readonly Choice[];
  readonly Default: string;
}

/** Exactly one of the four is there. */
export interface WaitState extends Commented, Continued {
  readonly Type: 'Wait';
  readonly Seconds?: number;
  readonly SecondsPath?: string;
  readonly Timestamp?: string;
  readonly TimestampPath?: string;
}

export interface PassState extends Commented, Continued, Placed {
  readonly Type: 'Pass';
  readonly Result?: JsonValue;
  readonly Parameters?: JsonObject;
}

export interface SucceedState extends Commented {
  readonly Type: 'Succeed';
}

export interface FailState extends Commented {
  readonly Type: 'Fail';
  readonly Error?: string;
  readonly ErrorPath?: string;
  readonly Cause?: string;
  readonly CausePath?: string;
}

/** The groups inside a state, with the name that a reader knows them by. */
export function innerGroups(state: State): readonly { readonly label: string; readonly group: StateGroup }[] {
  if (state.Type === 'Map') return [{ label: 'each item', group: state.ItemProcessor }];
  if (state.Type === 'Parallel') return state.Branches.map((group, index) => ({ label: `branch ${index}`, group }));
  return [];
}

/** Every state that may come next, in the order of the definition; nothing for a state that ends its group. */
export function nextStates(state: State): readonly string[] {
  if (state.Type === 'Choice') return [...state.Choices.map((choice) => choice.Next), state.Default];
  const next = 'Next' in state && state.Next !== undefined ? [state.Next] : [];
  const caught = 'Catch' in state ? (state.Catch ?? []).map((catcher) => catcher.Next) : [];
  return [...next, ...caught];
}
