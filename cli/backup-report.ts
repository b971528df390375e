// How a backup ended, for people and as an exit code.

import type { BackupStatusView } from '../lib/app/http/routes/backup.ts';
import { EXIT, exitOf } from './failure.ts';
import { bytesText, spanText, whenText } from './formats.ts';
import type { Session } from './session.ts';
import { factLines } from './table.ts';
import type { Terminal } from './terminal.ts';
import { wordsOf } from './words.ts';

const GOOD: readonly string[] = ['completed', 'validated'];
const UNDER_WAY: readonly string[] = ['queued', 'running', 'uploaded', 'validating', 'replicating', 'checking'];

/** All alike: their own code; some good, some not: partly done. */
export function backupOutcome(backups: readonly BackupStatusView[]): number {
  const codes = [...new Set(backups.map(outcomeOf))];
  return codes.length <= 1 ? (codes[0] ?? EXIT.ok) : codes.includes(EXIT.ok) ? EXIT.partly : Math.min(...codes);
}

function outcomeOf({ status, cause }: BackupStatusView): number {
  if (GOOD.includes(status) || UNDER_WAY.includes(status)) return EXIT.ok;
  if (status === 'quarantined') return EXIT.refused;
  if (status === 'corrupted') return EXIT.unexpected;
  return cause === undefined ? EXIT.ok : exitOf(cause.code);
}

export function showBackups(session: Session, backups: readonly BackupStatusView[], now: number): void {
  for (const backup of backups) {
    for (const line of backupLines(session, backup, now)) session.terminal.print(line);
    session.terminal.print();
  }
  session.terminal.tell(`${wordsOf(session.lang).next} ${nextCommands(session, backups).join('   ')}`);
}

export function backupLines(session: Session, backup: BackupStatusView, now: number): readonly string[] {
  const { terminal, lang } = session;
  const took = backup.duration === undefined ? '' : `  ${spanText(backup.duration, lang)}`;
  const warnings = backup.units.flatMap((unit) => unit.warnings);
  return [
    `${markOf(terminal, backup.status)}  ${backup.service}/${backup.store}  ${backup.id}${took}`,
    ...factLines([
      ['engine', `${backup.engine}/${backup.method}, ${backup.type}`],
      ['started', backup.startTime === undefined ? undefined : whenText(backup.startTime, backup.timeZone, now, lang)],
      [
        'size',
        backup.size === 0
          ? undefined
          : `${bytesText(backup.size)} at the source, ${bytesText(backup.compressedSize)} newly stored`,
      ],
      ...backup.copies.map((copy): readonly [string, string] => ['copy', copyText(copy)]),
      ['checks', backup.checks.length === 0 ? undefined : checksText(backup.checks)],
      ...backup.checks
        .filter((check) => check.verdict !== 'pass')
        .map((check): readonly [string, string] => ['', `${check.verdict}: ${check.rule}: ${check.evidence}`]),
      ['kept', GOOD.includes(backup.status) ? `until ${backup.retentionUntil.slice(0, 10)}` : undefined],
      ...warnings.slice(0, WARNINGS_MAX).map((warning): readonly [string, string] => ['warning', warning]),
      [
        '',
        warnings.length > WARNINGS_MAX
          ? `and ${warnings.length - WARNINGS_MAX} more warnings (--json has them all)`
          : undefined,
      ],
      ['cause', backup.cause === undefined ? undefined : `${backup.cause.code}: ${backup.cause.detail}`],
      ['hint', backup.cause?.hint],
    ]),
  ];
}

const WARNINGS_MAX = 5;

function copyText({
  role,
  location,
  country,
  presentAt,
  verifiedAt,
  damagedAt,
}: BackupStatusView['copies'][number]): string {
  const state =
    damagedAt !== undefined
      ? '✗ damaged'
      : verifiedAt !== undefined
        ? '✓ every byte read back'
        : presentAt !== undefined
          ? 'present, not verified'
          : 'missing';
  return `${role} ${location} (${country})  ${state}`;
}

function checksText(checks: BackupStatusView['checks']): string {
  const passed = checks.filter((check) => check.verdict === 'pass').length;
  return `${passed} of ${checks.length} passed`;
}

export function markOf(terminal: Terminal, status: string): string {
  if (GOOD.includes(status)) return terminal.colour('green', `✓ ${status}`);
  if (UNDER_WAY.includes(status)) return terminal.colour('cyan', `▸ ${status}`);
  return terminal.colour('red', `✗ ${status}`);
}

function nextCommands({ self }: Session, backups: readonly BackupStatusView[]): readonly string[] {
  const bad = backups.find((backup) => !GOOD.includes(backup.status) && !UNDER_WAY.includes(backup.status));
  if (bad !== undefined) return [`${self} why ${bad.store}`];
  const [first] = backups;
  if (first === undefined) return [`${self} status`];
  if (UNDER_WAY.includes(first.status)) return [`${self} backup show ${first.id} --wait`];
  return [`${self} verify ${first.id} --test-restore`, `${self} restore plan ${first.store} ${targetOption(first)}`];
}

/** The first kind of target that the backup can be restored to, as an option to type. */
function targetOption({ store, restoreTargets }: BackupStatusView): string {
  if (restoreTargets.includes('data-directory')) return `--to-data-dir ./restored-${store}`;
  if (restoreTargets.includes('database')) return '--to-url <url> --credential-ref <ref>';
  return `--to-dir ./restored-${store}`;
}
