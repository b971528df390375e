// The record protocol of the architecture as a model: every actor that touches a store's repository, one step at a time, in any order.

import type { Guards } from './guards.ts';
import { PRUNERS, Steps, WORKERS, bit, has, initialState, keyOf, packOf } from './protocol-state.ts';
import type { ProtocolState, World } from './protocol-state.ts';
import { collectorSteps, prunerSteps } from './pruner.ts';
import { officerSteps, restorerSteps } from './reader.ts';
import type { Model } from './state-search.ts';
import { workerSteps } from './worker.ts';

export function recordProtocol(guards: Guards, world: World): Model<ProtocolState> {
  return {
    initial: initialState(world),
    keyOf: (state) => keyOf(guards, state),
    stepsFrom(state) {
      const steps = new Steps(state);
      for (const id of WORKERS.keys()) workerSteps(guards, steps, id);
      for (const id of PRUNERS.slice(0, world.pruners).keys()) prunerSteps(guards, steps, id);
      restorerSteps(guards, steps);
      officerSteps(guards, steps);
      collectorSteps(guards, steps);
      rotSteps(guards, steps);
      return steps.found;
    },
  };
}

/** A stored pack rots, but not between its verification and the completion: nobody can guard against that. */
function rotSteps(guards: Guards, steps: Steps): void {
  const { state } = steps;
  if (state.rots === 0) return;
  const trusted = state.workers.reduce(
    (sum, { at, reused }, id) => (at === 'proven' ? sum | bit(packOf(guards, id)) | reused : sum),
    0,
  );
  for (const [pack, { bytes }] of state.packs.entries()) {
    if (bytes !== 'replicated' || has(trusted, pack)) continue;
    steps.add(`pack ${WORKERS[pack]!.name} rots`, (next) => {
      next.packs[pack]!.bytes = 'rotten';
      next.rots -= 1;
      return undefined;
    });
  }
}
