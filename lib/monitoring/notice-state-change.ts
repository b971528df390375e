// Tells people when the condition of a store changes, and only then (one message per change, none per run). Never fails its caller:
// a backup is not worse because nobody could be told of it. Safe to repeat: what was told is remembered before and after telling.

import type { BackupRecord } from '../domain/backup-record.ts';
import { isRestorable } from '../domain/backup-record.ts';
import { HoldfastError, asHoldfastError, hasErrorName } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { isoNow } from '../ports/clock.ts';
import type { Notice, Notifier } from '../ports/notifier.ts';
import type { Platform } from '../ports/platform.ts';
import { loadBackup } from '../records/backups.ts';
import type { Stored } from '../records/items.ts';
import { noticeOf } from './notice-texts.ts';
import type { NoticeLanguage } from './notice-texts.ts';
import { loadNoticeState, storeNoticeState } from './notice-state.ts';
import type { Condition, Delivery, NoticeState } from './notice-state.ts';
import { storeState } from './store-states.ts';
import type { StoreState } from './store-state.ts';

export type NoticeSubject =
  /** A backup that has settled, or that a validation found corrupted. */
  | { readonly backupId: string }
  /** A store whose run is late since then. */
  | { readonly store: string; readonly delayedSince: string }
  /** A store to look at again. */
  | { readonly store: string };

/** A sender that shows nothing for so long is taken for dead, and the next look sends. */
const CLAIM_TERM_MS = 120_000;
const RETRY_WAIT_MS = 1000;

export async function noticeStateChange(
  platform: Platform,
  subject: NoticeSubject,
  language: NoticeLanguage = 'en',
): Promise<void> {
  try {
    await notice(platform, subject, language);
  } catch (error) {
    // Losing the race for the item means that another process tells the same.
    if (hasErrorName(error, 'ConditionFailed')) return;
    platform.log.error('state change could not be told', { error: String(error), ...subject });
  }
}

async function notice(platform: Platform, subject: NoticeSubject, language: NoticeLanguage): Promise<void> {
  const record = 'backupId' in subject ? await loadBackup(platform.catalog, subject.backupId) : undefined;
  const store = 'store' in subject ? subject.store : record!.store;
  const [state, told] = await Promise.all([storeState(platform, store), loadNoticeState(platform.catalog, store)]);
  const condition = conditionOf(subject, record, state, told?.value.condition ?? 'well');
  if (condition === undefined || !isWorthTelling(platform, condition, told?.value)) return;
  const now = isoNow(platform.clock);
  const next: NoticeState = {
    condition,
    since: sinceOf(subject, condition, told?.value) ?? now,
    ...(record !== undefined && { backupId: record.id }),
    claimedAt: now,
    deliveries: [],
  };
  const claimed = await storeNoticeState(platform.catalog, store, next, told);
  const before = condition === told?.value.condition ? undefined : told?.value.condition;
  await deliver(
    platform,
    store,
    claimed,
    noticeOf({ condition, before, state, record, since: next.since, at: now, language }),
  );
}

/** Undefined: it began now. */
function sinceOf(subject: NoticeSubject, condition: Condition, told: NoticeState | undefined): string | undefined {
  if (condition === told?.condition) return told.since;
  return 'delayedSince' in subject ? subject.delayedSince : undefined;
}

/** Undefined: nothing that people should hear of has changed. */
function conditionOf(
  subject: NoticeSubject,
  record: BackupRecord | undefined,
  state: StoreState,
  before: Condition,
): Condition | undefined {
  // What failed or cannot be restored is worse than late, and stays late as long as it lasts: telling both in turns would be noise.
  if ('delayedSince' in subject) return before === 'well' || before === 'delayed' ? 'delayed' : undefined;
  const status = record?.status;
  if (status === 'corrupted') return state.newestPoint === undefined ? 'unprotected' : 'corrupted';
  if (status === 'failed' || status === 'quarantined') return state.newestPoint === undefined ? 'unprotected' : status;
  if (status !== undefined && isRestorable(status)) return 'well';
  if (status !== undefined) return undefined;
  if (state.state === 'unprotected') return 'unprotected';
  return state.lastFailure === undefined ? 'well' : undefined;
}

function isWorthTelling(platform: Platform, condition: Condition, told: NoticeState | undefined): boolean {
  if (told === undefined) return condition !== 'well';
  if (told.condition !== condition) return true;
  const isBeingTold = platform.clock.now() - Date.parse(told.claimedAt) < CLAIM_TERM_MS;
  return told.deliveredAt === undefined && !isBeingTold;
}

/** The first channel that takes it ends the matter; the others are there for when it does not. */
async function deliver(platform: Platform, store: string, claimed: Stored<NoticeState>, notice: Notice): Promise<void> {
  const deliveries: Delivery[] = [];
  for (const notifier of platform.notifiers) {
    const delivery = await attempt(platform, notifier, notice);
    deliveries.push(delivery);
    if (delivery.isDelivered) break;
  }
  const isDelivered = deliveries.some((delivery) => delivery.isDelivered);
  // With no channel at all the log is the channel.
  const isTold = isDelivered || platform.notifiers.length === 0;
  platform.log[notice.isResolved ? 'info' : 'warn'](notice.subject, {
    store,
    isDelivered,
    lines: notice.lines.join(' '),
  });
  const next: NoticeState = { ...claimed.value, deliveries, ...(isTold && { deliveredAt: isoNow(platform.clock) }) };
  await storeNoticeState(platform.catalog, store, next, claimed);
}

async function attempt(platform: Platform, notifier: Notifier, notice: Notice): Promise<Delivery> {
  let failure = new HoldfastError('NotificationFailed', 'not attempted');
  for (let attempts = 1; attempts <= LIMITS.notificationAttemptsMax; attempts++) {
    try {
      await notifier.send(notice);
      return { channel: notifier.channel, attempts, isDelivered: true, at: isoNow(platform.clock) };
    } catch (error) {
      failure = asHoldfastError(error);
      platform.log.warn('notification attempt failed', { channel: notifier.channel, attempts, error: failure.message });
      if (attempts < LIMITS.notificationAttemptsMax) await platform.clock.sleep(RETRY_WAIT_MS * 2 ** (attempts - 1));
    }
  }
  const error = `${failure.name}: ${failure.message}`;
  return {
    channel: notifier.channel,
    attempts: LIMITS.notificationAttemptsMax,
    isDelivered: false,
    at: isoNow(platform.clock),
    error,
  };
}
