// The backup queue: one catalog item, so that every dispatcher sees one truth. Bounded, ordered by priority, at most one backup
// of a store active at a time, never a silent drop (SPEC A4, A5).

import { HoldfastError } from '../domain/errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import { load } from '../records/items.ts';
import type { Stored } from '../records/items.ts';
import { QUEUE_KEY } from '../records/keys.ts';

export interface PendingBackup {
  readonly backupId: string;
  readonly store: string;
  /** Lower goes first (service level). */
  readonly priority: number;
  readonly queuedAt: string;
}

export interface ActiveBackup {
  readonly backupId: string;
  readonly store: string;
  /** The backup-run execution that carries it. */
  readonly runId: string;
  readonly activeAt: string;
}

export interface Queue {
  readonly pending: readonly PendingBackup[];
  readonly active: readonly ActiveBackup[];
}

const EMPTY: Queue = { pending: [], active: [] };

export async function loadQueue(
  catalog: Catalog,
): Promise<{ readonly queue: Queue; readonly stored: Stored<Queue> | undefined }> {
  const stored = await load<Queue>(catalog, QUEUE_KEY);
  return { queue: stored?.value ?? EMPTY, stored };
}

/** @throws QueueFull; SourceBusy when the store already waits in the queue (one waiting backup covers every later request) */
export function enqueue(queue: Queue, backup: PendingBackup, lengthMax: number): Queue {
  if (queue.pending.some((pending) => pending.store === backup.store)) {
    throw new HoldfastError('SourceBusy', `a backup of '${backup.store}' waits in the queue already`, {
      store: backup.store,
    });
  }
  if (queue.pending.length >= lengthMax) {
    throw new HoldfastError('QueueFull', `the queue holds ${queue.pending.length} backups already`, {
      store: backup.store,
      lengthMax,
    });
  }
  return { ...queue, pending: [...queue.pending, backup] };
}

/** What may start now: by priority, then by age; no store twice; never more than `concurrentMax` active. */
export function pickNext(queue: Queue, concurrentMax: number): readonly PendingBackup[] {
  const busy = new Set(queue.active.map((active) => active.store));
  const free = Math.max(0, concurrentMax - queue.active.length);
  return queue.pending
    .filter((pending) => !busy.has(pending.store))
    .toSorted((left, right) => left.priority - right.priority || compareText(left.queuedAt, right.queuedAt))
    .slice(0, free);
}

export function activate(queue: Queue, picked: readonly PendingBackup[], runId: string, activeAt: string): Queue {
  const ids = new Set(picked.map((pending) => pending.backupId));
  return {
    pending: queue.pending.filter((pending) => !ids.has(pending.backupId)),
    active: [...queue.active, ...picked.map(({ backupId, store }) => ({ backupId, store, runId, activeAt }))],
  };
}

export const deactivate = (queue: Queue, backupId: string): Queue => ({
  pending: queue.pending.filter((pending) => pending.backupId !== backupId),
  active: queue.active.filter((active) => active.backupId !== backupId),
});

const compareText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
