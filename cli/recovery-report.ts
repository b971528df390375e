// How a restore ended: the proof for people, and the exit code.

import type { RecoveryView } from '../lib/app/http/views.ts';
import { EXIT, exitOf } from './failure.ts';
import { bytesText, spanText, whenText } from './formats.ts';
import { targetText } from './plan-report.ts';
import type { Session } from './session.ts';
import { factLines } from './table.ts';
import { wordsOf } from './words.ts';

export function recoveryOutcome({ status, cause }: RecoveryView): number {
  if (status === 'failed' || status === 'aborted') return exitOf(cause?.code);
  return EXIT.ok;
}

const WARNINGS_MAX = 5;

export function showRecovery(session: Session, recovery: RecoveryView, now: number): void {
  const { terminal, lang } = session;
  const { done } = wordsOf(lang);
  const { proof } = recovery;
  terminal.print(`${markOf(session, recovery)}  ${recovery.store}  ${recovery.id}`);
  const lines = factLines([
    ['backup', `${recovery.backupId}, ${whenText(recovery.plan.backupTime, recovery.plan.timeZone, now, lang)}`],
    ['target', targetText(recovery.plan)],
    [
      'restored',
      recovery.restoredEntries === 0
        ? undefined
        : `${bytesText(recovery.restoredBytes)} in ${recovery.restoredEntries} entries`,
    ],
    [done.took, recovery.restoreSeconds === undefined ? undefined : spanText(recovery.restoreSeconds, lang)],
    [
      done.proof,
      proof === undefined
        ? undefined
        : `${proof.equal ? '✓ equal' : '✗ differs'}: ${proof.compared} compared, ${proof.detail}`,
    ],
    ...recovery.warnings.slice(0, WARNINGS_MAX).map((warning): readonly [string, string] => ['warning', warning]),
    [
      '',
      recovery.warnings.length > WARNINGS_MAX
        ? `and ${recovery.warnings.length - WARNINGS_MAX} more warnings (--json has them all)`
        : undefined,
    ],
    ['cause', recovery.cause === undefined ? undefined : `${recovery.cause.code}: ${recovery.cause.detail}`],
    ['hint', recovery.cause?.hint],
  ]);
  for (const line of lines) terminal.print(line);
  terminal.tell();
  terminal.tell(`${wordsOf(lang).next} ${nextCommand(session, recovery)}`);
}

function markOf({ terminal }: Session, { status }: RecoveryView): string {
  if (status === 'completed') return terminal.colour('green', '✓ restored');
  if (status === 'failed' || status === 'aborted') return terminal.colour('red', `✗ ${status}`);
  return terminal.colour('cyan', `▸ ${status}`);
}

function nextCommand({ self }: Session, { status, id, store }: RecoveryView): string {
  if (status === 'completed') return `${self} status ${store}`;
  if (status === 'failed' || status === 'aborted') return `${self} backup list ${store} --restorable`;
  return `${self} restore status ${id} --wait`;
}
