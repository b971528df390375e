// Starts what waits in the queue, and mends what a crash left half started. Any number of dispatchers may run at once:
// the queue item is conditional, and starting an execution is idempotent by name (SPEC A7, A8).

import { isSettled } from '../domain/backup-record.ts';
import { HoldfastError, toStoredError } from '../domain/errors.ts';
import { isoNow } from '../ports/clock.ts';
import type { Execution } from '../ports/flow-runner.ts';
import type { Platform } from '../ports/platform.ts';
import { changeBackup, loadBackup } from '../records/backups.ts';
import { decideAndWrite, putOver } from '../records/items.ts';
import { QUEUE_KEY, runKey } from '../records/keys.ts';
import { activate, deactivate, loadQueue, pickNext } from './queue.ts';
import type { ActiveBackup } from './queue.ts';

/** Returns the ids of the backups it started. */
export async function dispatch(platform: Platform): Promise<readonly string[]> {
  await reconcile(platform);
  const runId = platform.ids.next('run');
  const picked = await decideAndWrite(platform.catalog, async () => {
    const { queue, stored } = await loadQueue(platform.catalog);
    const next = pickNext(queue, platform.policies.limits.concurrentBackups);
    if (next.length === 0) return { result: [], writes: [] };
    const run = { runId, backups: next.map(({ backupId, store }) => ({ backupId, store })) };
    return {
      result: next,
      writes: [
        putOver(QUEUE_KEY, activate(queue, next, runId, isoNow(platform.clock)), stored),
        putOver(runKey(runId), run, undefined),
      ],
    };
  });
  if (picked.length > 0) await startRun(platform, runId);
  return picked.map((backup) => backup.backupId);
}

/** Takes a settled backup out of the queue. Idempotent. */
export async function releaseFromQueue(platform: Platform, backupId: string): Promise<void> {
  await decideAndWrite(platform.catalog, async () => {
    const { queue, stored } = await loadQueue(platform.catalog);
    const next = deactivate(queue, backupId);
    const isUnchanged = next.active.length === queue.active.length && next.pending.length === queue.pending.length;
    return { result: undefined, writes: isUnchanged ? [] : [putOver(QUEUE_KEY, next, stored)] };
  });
}

/** Starts the run, or finds it: a name that exists is the same execution. */
const startRun = async (platform: Platform, runId: string): Promise<Execution> =>
  await platform.flows.start({ machine: 'backup-run', name: runId, input: { runId } });

/** A crash between the queue write and the start, or an execution that died without settling its record, must not block a store. */
async function reconcile(platform: Platform): Promise<void> {
  const { queue } = await loadQueue(platform.catalog);
  for (const [runId, active] of Map.groupBy(queue.active, (backup) => backup.runId)) {
    const run = await startRun(platform, runId);
    if (run.status === 'running') continue;
    for (const backup of active) await settleAbandoned(platform, backup);
  }
}

async function settleAbandoned(platform: Platform, { backupId, store }: ActiveBackup): Promise<void> {
  const child = await platform.flows.start({ machine: 'backup', name: backupId, input: { backupId, store } });
  if (child.status === 'running') return;
  const record = await loadBackup(platform.catalog, backupId);
  if (!isSettled(record.status)) {
    const cause = new HoldfastError('Internal', `the execution of backup '${backupId}' ended without settling it`, {
      backupId,
    });
    await changeBackup(platform, backupId, {
      to: 'failed',
      patch: { cause: toStoredError(cause), endTime: isoNow(platform.clock) },
      action: 'backup_failed',
      actor: 'platform',
    });
  }
  await releaseFromQueue(platform, backupId);
}
