// What must be true of the world after any crash and a drain (I-1, I-2, I-4, I-5, I-6, I-8, I-12), checked with fresh eyes:
// by reading the repositories through unwrapped stores, not by trusting what the platform says.

import { createHash } from 'node:crypto';

import { isRestorable, isSettled } from '../../../lib/domain/backup-record.ts';
import type { BackupRecord } from '../../../lib/domain/backup-record.ts';
import { isRecoverySettled } from '../../../lib/domain/recovery-request.ts';
import { verifyAuditChain, listAudit } from '../../../lib/records/audit.ts';
import { listBackups } from '../../../lib/records/backups.ts';
import { listRecoveries } from '../../../lib/recovery/recoveries.ts';
import { repositoryOf } from '../../../lib/repository/repository-of.ts';
import { openUnit } from '../../../lib/repository/unit-reader.ts';
import { verifyUnit } from '../../../lib/repository/verify-unit.ts';
import { loadQueue } from '../../../lib/scheduling/queue.ts';
import { startProcess } from '../../flows/test-platform.ts';
import type { TestWorld } from '../../flows/test-platform.ts';

export const STORE = 'orders-db';

/** Throws an error that names the broken invariant. */
export async function checkInvariants(world: TestWorld, firstHashes: ReadonlyMap<string, string>): Promise<void> {
  const { items: records } = await listBackups(world.catalog, { store: STORE });
  for (const record of records) {
    demand(isSettled(record.status), `I-8: backup ${record.id} is still ${record.status}`);
    if (isRestorable(record.status)) await checkRestorable(world, record);
  }
  const slots = records.map((record) => record.trigger.slot).filter((slot) => slot !== undefined);
  demand(new Set(slots).size === slots.length, 'I-6: one slot started two backups');
  const { queue } = await loadQueue(world.catalog);
  demand(queue.active.length === 0 && queue.pending.length === 0, 'I-8: the queue is not empty');
  await checkAudit(world, records);
  const hashes = await hashesOf(world);
  for (const [key, first] of firstHashes) {
    demand(hashes.has(key), `I-2: object ${key} is gone`);
    demand(hashes.get(key) === first, `I-4: object ${key} was overwritten`);
  }
  await checkRecoveries(world);
}

/** I-1 and I-12: every copy of a restorable backup gives back exactly what the source held. */
async function checkRestorable(world: TestWorld, record: BackupRecord): Promise<void> {
  const platform = startProcess(world);
  demand(record.copies.length === 2, `I-1: ${record.id} has ${record.copies.length} copies`);
  demand(
    record.checks.length > 0 && record.checks.every((check) => check.verdict === 'pass'),
    `I-1: ${record.id} has a check that did not pass`,
  );
  for (const { location } of record.copies) {
    const repository = repositoryOf(platform, STORE, location);
    for (const unit of record.units) {
      await verifyUnit(repository, unit, { skipAttempts: new Set() });
      const reader = await openUnit(repository, unit);
      const expected = world.scripted.content.get(unit.unit) ?? new Map<string, Buffer>();
      let seen = 0;
      for await (const entry of reader.entries()) {
        const parts: Buffer[] = [];
        for await (const part of reader.read(entry)) parts.push(Buffer.from(part));
        demand(
          expected.get(entry.path.toString())?.equals(Buffer.concat(parts)) === true,
          `I-12: ${entry.path.toString()} differs at ${location}`,
        );
        seen++;
      }
      demand(seen === expected.size, `I-12: ${unit.unit} has ${seen} of ${expected.size} files at ${location}`);
    }
  }
}

/** T-01 in small: every completed record has exactly one entry that says so, and the chain is whole. */
async function checkAudit(world: TestWorld, records: readonly BackupRecord[]): Promise<void> {
  await verifyAuditChain(world.catalog, STORE);
  const { items } = await listAudit(world.catalog, { chain: STORE });
  for (const record of records.filter(({ status }) => isRestorable(status))) {
    const said = items.filter((entry) => entry.subject === record.id && entry.action === 'backup_completed');
    demand(said.length === 1, `I-1: ${record.id} has ${said.length} completion entries`);
  }
}

/** I-5: a target looks healthy only when everything is there; an ended restore holds no lease. */
async function checkRecoveries(world: TestWorld): Promise<void> {
  const expected = [...world.scripted.content.values()].reduce((sum, files) => sum + files.size, 0);
  for (const [target, { files, healthy }] of world.scripted.targets) {
    demand(!healthy || files.size === expected, `I-5: ${target} looks healthy with ${files.size} of ${expected} files`);
  }
  for (const recovery of await listRecoveries(world.catalog)) {
    demand(isRecoverySettled(recovery.status), `I-8: recovery ${recovery.id} is still ${recovery.status}`);
    if (recovery.status !== 'completed' || !('path' in recovery.plan.target)) continue;
    demand(
      world.scripted.targets.get(recovery.plan.target.path)?.healthy === true,
      `I-5: recovery ${recovery.id} completed without its target`,
    );
  }
  const { items } = await listBackups(world.catalog, { store: STORE });
  demand(
    items.every((record) => record.restoreLeases.length === 0),
    'I-5: a lease was left behind',
  );
}

/** Every stored object with the hash of its bytes, read anew. */
export async function hashesOf(world: TestWorld): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>();
  for (const [name, store] of world.stores) {
    let after: string | undefined;
    do {
      const page = await store.list('', { ...(after !== undefined && { after }) });
      for (const { key } of page.objects) {
        const bytes = await store.get(key);
        hashes.set(`${name}/${key}`, createHash('sha256').update(bytes).digest('hex'));
      }
      after = page.next;
    } while (after !== undefined);
  }
  return hashes;
}

function demand(holds: boolean, broken: string): void {
  if (!holds) throw new Error(broken);
}
