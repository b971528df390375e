// The words of notices, English and Russian: what, since when, what is still restorable, why, what to do. No word of a source's data.

import type { BackupRecord } from '../domain/backup-record.ts';
import { ERROR_TABLE } from '../domain/errors.ts';
import type { ServiceLevel } from '../domain/service-level.ts';
import type { Notice } from '../ports/notifier.ts';
import { fill } from './explanation-texts.ts';
import { instantText, spanText } from './spans.ts';
import type { Condition } from './notice-state.ts';
import type { StoreState } from './store-state.ts';

export type NoticeLanguage = 'en' | 'ru';

export interface NoticeFacts {
  readonly condition: Condition;
  /** The condition people were told of last, when it was another one. */
  readonly before: Condition | undefined;
  readonly state: StoreState;
  readonly record: BackupRecord | undefined;
  readonly since: string;
  readonly at: string;
  readonly language: NoticeLanguage;
}

export function noticeOf(facts: NoticeFacts): Notice {
  const { condition, state, language, at } = facts;
  const isResolved = condition === 'well';
  const texts = TEXTS[language];
  return {
    // One key per store: whatever happens to it next belongs to the same trouble, until it is well.
    key: `holdfast/${state.service}/${state.store}`,
    severity: isResolved ? 'info' : severityOf(condition, state.serviceLevel),
    isResolved,
    subject: `${texts.subject[condition]}: ${state.service}/${state.store}`,
    lines: [sinceLine(facts), restorableLine(facts), ...causeLines(facts), nextLine(facts)],
    at,
  };
}

/** The seed's service level decides, one step up when nothing can be restored. */
function severityOf(condition: Condition, level: ServiceLevel): Notice['severity'] {
  if (condition === 'unprotected' || condition === 'corrupted') return level === 'low' ? 'high' : 'critical';
  if (condition === 'delayed') return level === 'critical' ? 'high' : 'medium';
  return level === 'critical' || level === 'high' ? 'high' : 'medium';
}

const TEXTS = {
  en: {
    subject: {
      well: 'backups are well again',
      failed: 'backup failed',
      quarantined: 'backup is quarantined by a compliance rule',
      corrupted: 'backup is corrupted',
      delayed: 'backup is late',
      unprotected: 'nothing can be restored',
    },
    since: 'Since {since} ({engine}, service level {level}, owner {owner}).',
    wellAgain: 'Was: {before}. Backup {backup} completed at {end}, every copy verified.',
    restorable: 'Still restorable to {point} ({age} ago; the goal is {goal}).',
    restorableNow: 'Restorable to {point} ({age} ago; the goal is {goal}).',
    nothing: 'No backup can be restored: a loss of the source now would lose everything.',
    cause: 'Cause: {code} - {title}: {message}.',
    hint: 'What helps: {hint}',
    next: 'Look: holdfast why {store}. Try again: holdfast backup now {store} --wait.',
    nextDelayed: 'Look: holdfast why {store}. Start it now: holdfast backup now {store} --wait.',
    nextWell: 'Nothing to do. Proof: holdfast backup show {backup}.',
  },
  ru: {
    subject: {
      well: 'с копиями снова всё в порядке',
      failed: 'сбой резервного копирования',
      quarantined: 'копия в карантине: нарушено правило соответствия',
      corrupted: 'копия повреждена',
      delayed: 'резервное копирование опаздывает',
      unprotected: 'восстановить нечего',
    },
    since: 'С {since} ({engine}, уровень {level}, владелец {owner}).',
    wellAgain: 'Было: {before}. Копия {backup} завершена {end}, все экземпляры проверены.',
    restorable: 'Всё ещё можно восстановить на {point} ({age} назад; цель {goal}).',
    restorableNow: 'Можно восстановить на {point} ({age} назад; цель {goal}).',
    nothing: 'Ни одну копию нельзя восстановить: потеря источника сейчас означает потерю всех данных.',
    cause: 'Причина: {code} - {title}: {message}.',
    hint: 'Что поможет: {hint}',
    next: 'Подробнее: holdfast why {store}. Повторить: holdfast backup now {store} --wait.',
    nextDelayed: 'Подробнее: holdfast why {store}. Запустить сейчас: holdfast backup now {store} --wait.',
    nextWell: 'Делать ничего не нужно. Доказательство: holdfast backup show {backup}.',
  },
} as const;

function sinceLine({ condition, before, state, record, since, language }: NoticeFacts): string {
  const texts = TEXTS[language];
  if (condition !== 'well') {
    return fill(texts.since, {
      since: instantText(since, state.timeZone, language),
      engine: state.engine,
      level: state.serviceLevel,
      owner: state.owner,
    });
  }
  return fill(texts.wellAgain, {
    before: texts.subject[before ?? 'failed'],
    backup: state.newestPoint?.backupId ?? record?.id ?? '-',
    end: instantText(state.newestPoint?.completedAt ?? since, state.timeZone, language),
  });
}

function restorableLine({ condition, state, language }: NoticeFacts): string {
  const texts = TEXTS[language];
  if (state.newestPoint === undefined || state.rpo.nowSeconds === undefined) return texts.nothing;
  return fill(condition === 'well' ? texts.restorableNow : texts.restorable, {
    point: instantText(state.newestPoint.at, state.timeZone, language),
    age: spanText(state.rpo.nowSeconds, language),
    goal: spanText(state.rpo.goalSeconds, language),
  });
}

function causeLines({ condition, record, state, language }: NoticeFacts): readonly string[] {
  if (condition === 'well' || condition === 'delayed') return [];
  const cause = record?.cause ?? state.lastFailure?.cause;
  if (cause === undefined) return [];
  const { code, title, hint } = ERROR_TABLE[cause.name];
  const texts = TEXTS[language];
  return [fill(texts.cause, { code, title: title[language], message: cause.message }), fill(texts.hint, { hint })];
}

function nextLine({ condition, state, language }: NoticeFacts): string {
  const texts = TEXTS[language];
  const template = condition === 'well' ? texts.nextWell : condition === 'delayed' ? texts.nextDelayed : texts.next;
  return fill(template, { store: state.store, backup: state.newestPoint?.backupId ?? state.store });
}
