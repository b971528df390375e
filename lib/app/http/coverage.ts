// The coverage document: every store in five states, as the API gives it and clients read it.

import { z } from 'zod';
import { COVERAGE_STATES, STATE_REASONS } from '../../monitoring/store-state.ts';
import type { StoreState } from '../../monitoring/store-state.ts';
import type { Language } from './language.ts';
import { causeOf, causeView, instant } from './views.ts';

export type { CoverageState } from '../../monitoring/store-state.ts';

export const storeStateView = z
  .object({
    store: z.string(),
    service: z.string(),
    owner: z.string(),
    engine: z.string(),
    method: z.string(),
    serviceLevel: z.string(),
    dataType: z.string(),
    timeZone: z.string().meta({ description: 'Zone of its schedules' }),
    state: z.enum(COVERAGE_STATES),
    reasons: z.array(z.enum(STATE_REASONS)),
    missedSince: instant.optional(),
    rpo: z.object({
      goalSeconds: z.number(),
      nowSeconds: z.number().optional().meta({ description: 'Absent while nothing is restorable' }),
    }),
    rtoGoalSeconds: z.number(),
    newestPoint: z
      .object({
        backupId: z.string(),
        at: instant,
        completedAt: instant.optional(),
        isProven: z.boolean(),
        retentionUntil: instant,
      })
      .optional()
      .meta({ description: 'Absent while nothing is restorable' }),
    copies: z.object({ found: z.number(), demanded: z.number() }),
    lastTestRestore: z
      .object({
        at: instant,
        verdict: z.enum(['passed', 'failed', 'inconclusive']),
        backupId: z.string(),
        restoreSeconds: z.number().optional(),
      })
      .optional(),
    running: z.object({ backupId: z.string(), status: z.string(), since: instant }).optional(),
    lastFailure: z
      .object({ backupId: z.string(), status: z.string(), at: instant, inARow: z.number(), cause: causeView })
      .optional(),
    skipReason: z.string().optional(),
  })
  .meta({ id: 'StoreState' });
export type StoreStateView = z.infer<typeof storeStateView>;

export const coverageView = z
  .object({ asOf: instant, counts: z.record(z.enum(COVERAGE_STATES), z.number()), stores: z.array(storeStateView) })
  .meta({ id: 'Coverage' });
export type CoverageView = z.infer<typeof coverageView>;

export function viewOfState(
  { lastFailure, lastTestRestore, newestPoint, reasons, ...state }: StoreState,
  language: Language,
): StoreStateView {
  return {
    ...state,
    reasons: [...reasons],
    ...(newestPoint !== undefined && { newestPoint }),
    ...(lastTestRestore !== undefined && {
      lastTestRestore: {
        at: lastTestRestore.at,
        verdict: lastTestRestore.verdict,
        backupId: lastTestRestore.backupId,
        restoreSeconds: lastTestRestore.restoreSeconds,
      },
    }),
    ...(lastFailure !== undefined && { lastFailure: { ...lastFailure, cause: causeOf(lastFailure.cause, language) } }),
  };
}

export const coverageOf = (states: readonly StoreState[], asOf: string, language: Language): CoverageView => ({
  asOf,
  counts: Object.fromEntries(
    COVERAGE_STATES.map((name) => [name, states.filter(({ state }) => state === name).length]),
  ) as CoverageView['counts'],
  stores: states.map((state) => viewOfState(state, language)),
});
