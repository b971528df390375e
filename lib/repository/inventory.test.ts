import { describe, expect, test } from '@jest/globals';

import { aContext, indexOf, noise, writeUnit } from '../../test/fakes/repository-kit.ts';
import { encryptionOf, recipientsOf } from './inspect.ts';
import type { InventoryRequest } from './inventory.ts';
import { takeInventory } from './inventory.ts';
import { objectKeys } from './object-keys.ts';
import { sealPoint } from './point.ts';
import { generateRecoveryKey, recipientFrom } from './recovery-key.ts';
import { sha256Of } from './stored-objects.ts';

async function aCopy() {
  const context = { ...aContext(), recipient: recipientFrom(generateRecoveryKey(aContext().ids).recipient) };
  const first = await writeUnit(context, { a: noise(30_000) });
  const unit = await writeUnit(
    context,
    { a: noise(30_000), b: noise(9000, 'b') },
    { attempt: 'bkp_2.0.1', indexes: indexOf(first) },
  );
  const point = await sealPoint(context, {
    backupId: 'bkp_2',
    epoch: 5,
    store: 'orders-db',
    service: 's',
    engine: 'files',
    method: 'tree',
    type: 'full',
    startTime: 't',
    units: [unit],
  });
  const request: InventoryRequest = { backupId: 'bkp_2', epoch: 5, point, units: [unit] };
  return { context, unit, request };
}

describe('inventory', () => {
  test('a whole copy - lists every object the point needs, with version, size and hash', async () => {
    const { context, unit, request } = await aCopy();

    const { pin, objects, sizeBytes } = await takeInventory(context, request);

    const document = JSON.parse(context.location.bytes(pin.key).subarray(12).toString()) as {
      objects: { key: string; version: string }[];
    };
    expect(pin.key).toBe('orders-db/inventories/bkp_2.5');
    expect(document.objects.map(({ key }) => key)).toEqual([
      'orders-db/indexes/bkp_2.0.1',
      'orders-db/keys/bkp_1.0.1',
      'orders-db/keys/bkp_2.0.1',
      'orders-db/keys/bkp_2.5',
      'orders-db/manifests/bkp_2.0.1',
      'orders-db/packs/bkp_1.0.1/00000',
      'orders-db/packs/bkp_1.0.1/00001',
      'orders-db/packs/bkp_2.0.1/00000',
      'orders-db/points/bkp_2.5',
      'orders-db/repository',
    ]);
    expect(document.objects.every(({ version }) => version !== '')).toBe(true);
    expect([objects, sizeBytes > unit.storedBytes]).toEqual([10, true]);
  });

  test('taken again - is the same object', async () => {
    const { context, request } = await aCopy();

    expect(await takeInventory(context, request)).toEqual(await takeInventory(context, request));
  });

  test('each object missing or of another size - is named as missing', async () => {
    const { context, unit, request } = await aCopy();
    const needed = context.location
      .keys()
      .filter(
        (key) =>
          key !== objectKeys.index('orders-db', 'bkp_1.0.1') && key !== objectKeys.manifest('orders-db', 'bkp_1.0.1'),
      );
    for (const key of needed) {
      const original = context.location.bytes(key);
      context.location.lose(key);

      await expect(takeInventory(context, request)).rejects.toMatchObject({
        name: 'CopyMissing',
        facts: { key, location: 'first' },
      });

      await context.location.put(key, [original], { sha256: sha256Of(original) });
    }
    const key = unit.index.key;
    context.location.tamper(key, (bytes) => Buffer.concat([bytes, Buffer.from('x')]));
    await expect(takeInventory(context, request)).rejects.toMatchObject({ name: 'CopyMissing', facts: { key } });
  });

  test('taken after an object was put back - is written beside the first one', async () => {
    const { context, request } = await aCopy();
    const before = await takeInventory(context, request);
    const key = objectKeys.pack('orders-db', 'bkp_1.0.1', 0);
    const original = context.location.bytes(key);
    context.location.lose(key);
    await context.location.put(key, [original], { sha256: sha256Of(original) });

    const after = await takeInventory(context, request);

    expect(after.pin.key.startsWith(`${before.pin.key}.`)).toBe(true);
  });
});

describe('facts for the compliance gate', () => {
  test('a stored pack - says its cipher in its own header', async () => {
    const { context, unit } = await aCopy();

    expect(await encryptionOf(context, unit)).toBe('AES-256-GCM');
  });

  test('a unit without packs - is told by its manifest', async () => {
    const context = aContext();

    expect(await encryptionOf(context, await writeUnit(context, {}))).toBe('AES-256-GCM');
  });

  test('the keys of an attempt - tell who can open it', async () => {
    const { context } = await aCopy();

    expect((await recipientsOf(context, 'bkp_2.0.1')).map(({ provider }) => provider)).toEqual(['memory', 'recovery']);
  });

  test('a store without recovery recipient - has the provider alone', async () => {
    const context = aContext();
    await writeUnit(context, {});

    expect(await recipientsOf(context, 'bkp_1.0.1')).toEqual([
      { provider: 'memory', keyId: expect.any(String), keyVersion: 1 },
    ]);
  });
});
