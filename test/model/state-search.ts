// A breadth-first search through all states of a model: the first violation it meets has a shortest trace.

export interface Step<State> {
  readonly name: string;
  readonly next: State;
  /** What this step broke. */
  readonly violation?: string;
}

export interface Model<State> {
  readonly initial: State;
  /** Equal states give equal keys. */
  keyOf(state: State): string;
  stepsFrom(state: State): readonly Step<State>[];
}

export interface SearchResult {
  readonly states: number;
  readonly depth: number;
  /** Undefined: no state that can be reached breaks anything. */
  readonly violation: { readonly message: string; readonly trace: readonly string[] } | undefined;
  /** Names of all steps that were ever taken: a guard that forbids everything would pass every check. */
  readonly stepsTaken: ReadonlySet<string>;
}

/** Searches to the end or to the first violation. @throws Error past `statesMax`: a model that large proves nothing in time */
export function search<State>(model: Model<State>, statesMax: number): SearchResult {
  const indexOf = new Map<string, number>([[model.keyOf(model.initial), 0]]);
  const parents: number[] = [-1];
  const names: string[] = [''];
  const stepsTaken = new Set<string>();
  let frontier: { readonly state: State; readonly index: number }[] = [{ state: model.initial, index: 0 }];
  let depth = 0;
  while (frontier.length > 0) {
    const following: typeof frontier = [];
    for (const { state, index } of frontier) {
      for (const { name, next, violation } of model.stepsFrom(state)) {
        stepsTaken.add(name);
        if (violation !== undefined) {
          return {
            states: indexOf.size,
            depth,
            violation: { message: violation, trace: [...traceTo(index, parents, names), name] },
            stepsTaken,
          };
        }
        const key = model.keyOf(next);
        if (indexOf.has(key)) continue;
        if (indexOf.size >= statesMax) throw new Error(`more than ${statesMax} states`);
        const own = parents.push(index) - 1;
        indexOf.set(key, own);
        names.push(name);
        following.push({ state: next, index: own });
      }
    }
    frontier = following;
    depth += 1;
  }
  return { states: indexOf.size, depth, violation: undefined, stepsTaken };
}

function traceTo(index: number, parents: readonly number[], names: readonly string[]): string[] {
  const trace: string[] = [];
  for (let at = index; at > 0; at = parents[at]!) trace.unshift(names[at]!);
  return trace;
}
