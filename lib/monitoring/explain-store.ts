// The text behind `why`: what is wrong with a store, since when, what is still restorable, the cause, its proof and the cure.

import type { BackupRecord } from '../domain/backup-record.ts';
import { ERROR_TABLE } from '../domain/errors.ts';
import type { Platform } from '../ports/platform.ts';
import { loadBackup } from '../records/backups.ts';
import { EXPLANATION_TEXTS, REASON_TEXTS, fill } from './explanation-texts.ts';
import type { NoticeLanguage } from './notice-texts.ts';
import { instantText, spanText } from './spans.ts';
import { storeState } from './store-states.ts';
import type { StoreState } from './store-state.ts';

export interface Explanation {
  readonly state: StoreState;
  /** One sentence. */
  readonly headline: string;
  readonly since?: string;
  /** What could be restored right now. */
  readonly restorable: string;
  readonly cause?: { readonly code: string; readonly title: string; readonly detail: string };
  /** At most ten lines, newest first; from our own records, never from a source's data. */
  readonly proof: readonly string[];
  /** Sentences and commands, in the order to try them. */
  readonly fix: readonly string[];
  readonly commands: readonly string[];
}

const PROOF_LINES_MAX = 10;

/** @throws NotFound */
export async function explainStore(
  platform: Platform,
  store: string,
  language: NoticeLanguage = 'en',
): Promise<Explanation> {
  const state = await storeState(platform, store);
  const failed = state.lastFailure && (await loadBackup(platform.catalog, state.lastFailure.backupId));
  const newest = state.newestPoint && (await loadBackup(platform.catalog, state.newestPoint.backupId));
  const cause = state.lastFailure?.cause;
  const row = cause && ERROR_TABLE[cause.name];
  const since = state.missedSince ?? state.lastFailure?.at;
  return {
    state,
    headline: headlineOf(state, language),
    ...(since !== undefined && { since: instantText(since, state.timeZone, language) }),
    restorable: restorableOf(state, language),
    ...(cause !== undefined &&
      row !== undefined && { cause: { code: row.code, title: row.title[language], detail: cause.message } }),
    proof: [...proofOfFailure(state, failed, language), ...proofOfPoint(state, newest, language)].slice(
      0,
      PROOF_LINES_MAX,
    ),
    fix: [
      ...(row === undefined ? [] : [row.hint]),
      ...state.reasons.map((reason) => REASON_TEXTS[language][reason].fix),
    ],
    commands: commandsOf(state),
  };
}

function headlineOf(state: StoreState, language: NoticeLanguage): string {
  const texts = EXPLANATION_TEXTS[language];
  const what = state.reasons.map((reason) => REASON_TEXTS[language][reason].what);
  const failures = state.lastFailure?.inARow ?? 0;
  const values = { failures: String(failures), name: `${state.service}/${state.store}`, what: what.join('; ') };
  return fill(what.length === 0 ? texts.well : failures > 1 ? texts.headlineFailures : texts.headline, values);
}

function restorableOf(state: StoreState, language: NoticeLanguage): string {
  const texts = EXPLANATION_TEXTS[language];
  if (state.newestPoint === undefined || state.rpo.nowSeconds === undefined) return texts.nothing;
  return fill(texts.restorable, {
    point: instantText(state.newestPoint.at, state.timeZone, language),
    age: spanText(state.rpo.nowSeconds, language),
    goal: spanText(state.rpo.goalSeconds, language),
    backup: state.newestPoint.backupId,
    kept: instantText(state.newestPoint.retentionUntil, state.timeZone, language),
  });
}

function proofOfFailure(
  state: StoreState,
  record: BackupRecord | undefined,
  language: NoticeLanguage,
): readonly string[] {
  if (record === undefined || state.lastFailure === undefined) return [];
  const texts = EXPLANATION_TEXTS[language];
  const at = instantText(state.lastFailure.at, state.timeZone, language);
  const facts = Object.entries(state.lastFailure.cause.facts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
  const checks = record.checks
    .filter((check) => check.verdict !== 'pass')
    .map((check) => fill(texts.check, { rule: check.rule, verdict: check.verdict, evidence: check.evidence }));
  const invalid = record.validationResults
    .filter((result) => result.verdict === 'failed')
    .map((result) =>
      fill(texts.validation, {
        kind: result.kind,
        at: instantText(result.at, state.timeZone, language),
        detail: result.detail,
      }),
    );
  return [
    fill(texts.failure, { at, status: record.status, backup: record.id, facts: facts === '' ? '-' : facts }),
    ...checks,
    ...invalid,
  ];
}

function proofOfPoint(
  state: StoreState,
  record: BackupRecord | undefined,
  language: NoticeLanguage,
): readonly string[] {
  if (record === undefined) return [];
  const texts = EXPLANATION_TEXTS[language];
  return record.copies.map((copy) =>
    fill(copy.verifiedAt === undefined ? texts.copyUnverified : texts.copy, {
      location: copy.location,
      country: copy.country,
      at: copy.verifiedAt === undefined ? '' : instantText(copy.verifiedAt, state.timeZone, language),
    }),
  );
}

/** Complete commands: one that drops a flag sends people to the wrong place. */
function commandsOf(state: StoreState): readonly string[] {
  const { store } = state;
  const commands: string[] = [];
  if (state.lastFailure !== undefined) commands.push('holdfast doctor');
  if (state.running !== undefined) commands.push(`holdfast backup show ${state.running.backupId}`);
  else if (state.state !== 'met' || state.lastFailure !== undefined)
    commands.push(`holdfast backup now ${store} --wait`);
  if (state.newestPoint !== undefined) commands.push(`holdfast restore plan ${store} --to-dir ./restored-${store}`);
  return commands;
}
