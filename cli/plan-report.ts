// Shows a restore plan: everything that a person agrees to when it is run.

import { instantText } from '../lib/app/http/spans.ts';
import type { PlanView } from '../lib/app/http/views.ts';
import { bytesText, spanText, whenText } from './formats.ts';
import type { Session } from './session.ts';
import { quoted } from './session.ts';
import { factLines } from './table.ts';
import { wordsOf } from './words.ts';

const MARKS = { pass: '✓', fail: '✗', unknown: '?' } as const;

export function planLines({ terminal, lang }: Session, plan: PlanView, now: number): readonly string[] {
  const { plan: words } = wordsOf(lang);
  const only = [...plan.options.selectedTables, ...plan.options.selectedFiles];
  return [
    terminal.colour('bold', `${words.title} ${plan.id}`) +
      `  ${words.valid} ${instantText(plan.expiresAt, plan.timeZone, lang)}`,
    ...factLines([
      [words.source, `${plan.store}  ${plan.engine}/${plan.method}  ${plan.backupId}`],
      ['', whenText(plan.backupTime, plan.timeZone, now, lang)],
      [words.copy, plan.location],
      [words.target, targetText(plan)],
      [words.only, only.length === 0 ? undefined : only.join(', ')],
      [words.size, bytesText(plan.sizeBytes)],
      [words.time, spanText(plan.estimatedSeconds, lang)],
      ...plan.guards.map((guard, index): readonly [string, string] => [
        index === 0 ? words.guards : '',
        `${MARKS[guard.verdict]} ${guard.name}: ${withLocalTimes(guard.detail, plan.timeZone, lang)}`,
      ]),
    ]),
  ];
}

/** Texts of the API tell instants in UTC; people read them in the zone of the store. */
const withLocalTimes = (text: string, timeZone: string, language: Session['lang']): string =>
  text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (instant) => instantText(instant, timeZone, language));

export function targetText({ target, store }: PlanView): string {
  switch (target.kind) {
    case 'directory':
      return `NEW directory ${target.path ?? ''}`;
    case 'data-directory':
      return `NEW data directory ${target.path ?? ''}`;
    case 'database':
      return `database server${target.database === undefined ? '' : `, database ${target.database}`}`;
    case 'in-place':
      return `IN PLACE: overwrites ${store}`;
  }
}

/** Complete: running a plan needs nothing of what made it. */
export const runCommandOf = ({ self }: Session, plan: PlanView): string =>
  `${self} restore run ${quoted(plan.store)} --plan ${plan.id}${plan.needsConfirmation ? ` --confirm ${quoted(plan.store)}` : ''}`;
