// The audit chain: whole as long as nobody touches it, and any touch breaks it where it was touched.

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { JsonObject } from '../domain/json.ts';
import type { Catalog } from '../ports/catalog.ts';
import { fixedClock } from '../../test/fakes/fixed-clock.ts';
import { testWorld } from '../../test/flows/test-platform.ts';
import type { TestWorld } from '../../test/flows/test-platform.ts';
import { appendAudit, listAudit, verifyAuditChain } from './audit.ts';
import { auditEntryKey, auditHeadKey } from './keys.ts';

let world: TestWorld;
let catalog: Catalog;
const clock = fixedClock();
const CHAIN = 'orders-db';

beforeEach(async () => {
  world = testWorld();
  catalog = world.catalog;
  for (let n = 1; n <= 5; n++) {
    await appendAudit(catalog, clock, CHAIN, {
      action: 'backup_accessed',
      actor: 'test',
      subject: `bkp_${n}`,
      details: { n },
    });
  }
});

afterEach(() => {
  world.close();
});

/** Writes behind the chain's back, as somebody with the database file would. */
const overwrite = async (sequence: number, value: JsonObject): Promise<void> =>
  await catalog.transact([{ kind: 'put', key: auditEntryKey(CHAIN, sequence), value, condition: { kind: 'any' } }]);

describe('audit chain', () => {
  it('entries that nobody touched - verified, in order, with their number', async () => {
    const { items } = await listAudit(catalog, { chain: CHAIN });

    expect(items.map((entry) => entry.subject)).toEqual(['bkp_1', 'bkp_2', 'bkp_3', 'bkp_4', 'bkp_5']);
    expect(await verifyAuditChain(catalog, CHAIN)).toEqual({ entries: 5, head: items[4]?.hash });
  });

  it('an entry changed in any field - the chain is broken there', async () => {
    const { items } = await listAudit(catalog, { chain: CHAIN });
    const third = items[2];
    for (const field of ['action', 'actor', 'subject', 'at', 'details'] as const) {
      await overwrite(3, { ...(third as unknown as JsonObject), [field]: 'other' });

      await expect(verifyAuditChain(catalog, CHAIN)).rejects.toMatchObject({
        name: 'IntegrityViolation',
        facts: { sequence: 3 },
      });
    }
  });

  it('two entries swapped - the chain is broken', async () => {
    const { items } = await listAudit(catalog, { chain: CHAIN });
    await overwrite(2, items[2] as unknown as JsonObject);
    await overwrite(3, items[1] as unknown as JsonObject);

    await expect(verifyAuditChain(catalog, CHAIN)).rejects.toMatchObject({ name: 'IntegrityViolation' });
  });

  it('a head that was set back - the chain is broken', async () => {
    const { items } = await listAudit(catalog, { chain: CHAIN });
    await catalog.transact([
      {
        kind: 'put',
        key: auditHeadKey(CHAIN),
        value: { sequence: 4, hash: items[3]?.hash ?? '' },
        condition: { kind: 'any' },
      },
    ]);

    await expect(verifyAuditChain(catalog, CHAIN)).rejects.toMatchObject({ name: 'IntegrityViolation' });
  });

  it('many writers at once - every entry is there once, and the chain is whole', async () => {
    await Promise.all(
      Array.from({ length: 15 }, (_, n) =>
        appendAudit(catalog, clock, CHAIN, { action: 'access_denied', actor: 'test', subject: `s${n}`, details: {} }),
      ),
    );

    const { entries } = await verifyAuditChain(catalog, CHAIN);
    const { items } = await listAudit(catalog, { chain: CHAIN });
    expect(entries).toBe(20);
    expect(new Set(items.map((entry) => entry.subject)).size).toBe(20);
  });
});
