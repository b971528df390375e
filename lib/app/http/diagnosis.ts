// The diagnosis document: why a store is in its state, as the API gives it and clients read it.

import { z } from 'zod';
import type { Explanation } from '../../monitoring/explain-store.ts';
import { storeStateView, viewOfState } from './coverage.ts';
import { printable } from './errors.ts';
import type { Language } from './language.ts';

export const diagnosisView = z
  .object({
    state: storeStateView,
    headline: z.string(),
    since: z.string().optional(),
    restorable: z.string().meta({ description: 'What could be restored right now' }),
    cause: z.object({ code: z.string(), title: z.string(), detail: z.string() }).optional(),
    proof: z.array(z.string()).meta({ description: 'At most ten lines from our own records' }),
    fix: z.array(z.string()),
    commands: z.array(z.string()).meta({ description: 'Complete commands, in the order to try them' }),
  })
  .meta({ id: 'Diagnosis' });
export type DiagnosisView = z.infer<typeof diagnosisView>;

export function viewOfExplanation(
  { state, proof, fix, commands, cause, ...texts }: Explanation,
  language: Language,
): DiagnosisView {
  return {
    state: viewOfState(state, language),
    ...texts,
    ...(cause !== undefined && { cause: { ...cause, detail: printable(cause.detail) } }),
    proof: proof.map(printable),
    fix: [...fix],
    commands: [...commands],
  };
}
