// The form of a step's function, as a runner calls it.

import type { TaskContext } from '../ports/flow-runner.ts';

/** What the embedded runner hands on as context; a cloud's own context has no `task`. */
export interface StepContext {
  readonly task?: TaskContext;
}

export type StepHandler = (event: unknown, context: StepContext) => Promise<object>;
