// When a Wait ends, as an instant that is computed once and kept.

import type { JsonObject } from '../../../domain/json.ts';
import { isInstant } from '../../../flows/check-fields.ts';
import type { WaitState } from '../../../flows/machine.ts';
import { machineFault } from './failure.ts';
import { need, type FlowContext } from './payload.ts';

const MILLISECONDS = 1000;

/** Milliseconds since the epoch. @throws StateFailure States.Runtime when a path names neither seconds nor an instant */
export function waitEndsAt(state: WaitState, data: JsonObject, context: FlowContext, now: number): number {
  if (state.Timestamp !== undefined) return Date.parse(state.Timestamp);
  if (state.TimestampPath !== undefined) {
    const instant = need(state.TimestampPath, data, context);
    if (typeof instant === 'string' && isInstant(instant)) return Date.parse(instant);
    throw machineFault('States.Runtime', `'${state.TimestampPath}' is no instant`);
  }
  const seconds = state.SecondsPath === undefined ? state.Seconds : need(state.SecondsPath, data, context);
  if (Number.isInteger(seconds) && (seconds as number) >= 0) return now + (seconds as number) * MILLISECONDS;
  throw machineFault('States.Runtime', `'${state.SecondsPath ?? 'Seconds'}' is no whole number of seconds`);
}
