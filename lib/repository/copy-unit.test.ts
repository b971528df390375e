import { describe, expect, test } from '@jest/globals';

import type { TestContext } from '../../test/fakes/repository-kit.ts';
import { aContext, indexOf, noise, prose, readUnit, summaryOf, writeUnit } from '../../test/fakes/repository-kit.ts';
import { HoldfastError } from '../domain/errors.ts';
import { copyPoint } from './copy-point.ts';
import { copyUnit } from './copy-unit.ts';
import { objectKeys } from './object-keys.ts';
import { readPoint, sealPoint } from './point.ts';
import { verifyUnit } from './verify-unit.ts';

const TREE = { a: noise(30_000), b: prose(30_000) };
const verify = (context: TestContext, unit: Parameters<typeof verifyUnit>[1]) =>
  verifyUnit(context, unit, { skipAttempts: new Set() });

async function source() {
  const from = aContext({ location: 'first' });
  const first = await writeUnit(from, TREE);
  const tree = { ...TREE, c: noise(20_000, 'new') };
  const second = await writeUnit(from, tree, { attempt: 'bkp_2.0.1', indexes: indexOf(first) });
  return { from, first, second, tree };
}

describe('copy of a unit', () => {
  test('a location of its own keys - gets everything the unit needs, and reads it with them alone', async () => {
    const { from, second, tree } = await source();
    const to = aContext({ location: 'second' });

    const copied = await copyUnit(from, to, second);

    expect(copied).toMatchObject({ foundObjects: 0, sentObjects: 7 });
    expect(to.location.keys().map((key) => key.split('/')[1])).toEqual([
      'indexes',
      'keys',
      'keys',
      'manifests',
      'packs',
      'packs',
      'packs',
      'packs',
      'packs',
      'repository',
    ]);
    expect(await readUnit(to, second)).toEqual(summaryOf(tree));
    await verify(to, second);
  });

  test('a second copy - sends nothing', async () => {
    const { from, second } = await source();
    const to = aContext({ location: 'second' });
    await copyUnit(from, to, second);
    const stored = to.location.log.length;

    const copied = await copyUnit(from, to, second);

    expect(copied).toEqual({ sentBytes: 0, sentObjects: 0, foundObjects: 7 });
    expect(to.location.log.slice(stored).some(({ operation }) => operation === 'put')).toBe(false);
  });

  test.each([['before it worked'], ['after it worked, the answer lost']])(
    'killed at every put %s - the next copy goes on and completes',
    async (when) => {
      const { from, second, tree } = await source();
      for (let k = 1; ; k++) {
        const to = aContext({ location: 'second' });
        let puts = 0;
        const die = (operation: string): void => {
          if (operation === 'put' && ++puts === k) throw new HoldfastError('Internal', 'killed');
        };
        if (when.startsWith('before')) to.location.before = die;
        else to.location.after = die;
        const died = await copyUnit(from, to, second).then(
          () => false,
          () => true,
        );
        to.location.before = undefined;
        to.location.after = undefined;
        // Nobody may find a manifest whose packs are not all there.
        if (to.location.keys().includes(second.manifest.key)) await verify(to, second);

        await copyUnit(from, to, second);

        expect(await readUnit(to, second)).toEqual(summaryOf(tree));
        if (!died) {
          expect(k).toBeGreaterThan(10);
          return;
        }
      }
    },
  );

  test('damage at the source - is not copied', async () => {
    const { from, second } = await source();
    const to = aContext({ location: 'second' });
    const key = objectKeys.pack('orders-db', 'bkp_1.0.1', 1);
    from.location.tamper(key, (bytes) => {
      bytes[500]! ^= 1;
      return bytes;
    });

    await expect(copyUnit(from, to, second)).rejects.toMatchObject({ name: 'IntegrityViolation', facts: { key } });

    expect(to.location.keys()).not.toContain(key);
    expect(to.location.keys()).not.toContain(second.manifest.key);
  });

  test('other bytes at the target - are refused and left as they are', async () => {
    const { from, second } = await source();
    const to = aContext({ location: 'second' });
    await copyUnit(from, to, second);
    const key = objectKeys.pack('orders-db', 'bkp_2.0.1', 0);
    to.location.tamper(key, (bytes) => bytes.subarray(1));

    await expect(copyUnit(from, to, second)).rejects.toMatchObject({
      name: 'IntegrityViolation',
      facts: { key, location: 'second' },
    });
  });

  test('another repository of the same store at the target - is refused', async () => {
    const { from, second } = await source();
    const to = aContext({ location: 'second', seed: 'another' });
    await writeUnit(to, { a: noise(10) }, { attempt: 'bkp_9.0.1' });

    await expect(copyUnit(from, to, second)).rejects.toMatchObject({
      name: 'IntegrityViolation',
      facts: { key: 'orders-db/repository' },
    });
  });

  test('other keys under the attempt at the target - are refused', async () => {
    const { from, second } = await source();
    const to = aContext({ location: 'second' });
    await copyUnit(from, to, second);
    const [own, earlier] = [objectKeys.keys('orders-db', 'bkp_2.0.1'), objectKeys.keys('orders-db', 'bkp_1.0.1')];
    to.location.tamper(own, () => to.location.bytes(earlier));

    await expect(copyUnit(from, to, second)).rejects.toMatchObject({ name: 'IntegrityViolation', facts: { key: own } });
  });

  test('a stop while copying - ends it by name', async () => {
    const { from, second } = await source();
    const stop = new AbortController();

    const copying = copyUnit(from, aContext({ location: 'second' }), second, {
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });

    await expect(copying).rejects.toMatchObject({ name: 'ExecutionStopped' });
  });

  test('a chain copied backup by backup - needs each pack sent once only', async () => {
    const { from, first, second } = await source();
    const to = aContext({ location: 'second' });
    await copyUnit(from, to, first);

    const copied = await copyUnit(from, to, second);

    expect(copied).toMatchObject({ sentObjects: 4, foundObjects: 3 });
  });
});

describe('copy of a recovery point', () => {
  test('a copied point - is the same object and opens with the keys of its location', async () => {
    const { from, second } = await source();
    const to = aContext({ location: 'second' });
    const pin = await sealPoint(from, {
      backupId: 'bkp_2',
      epoch: 1,
      store: 'orders-db',
      service: 's',
      engine: 'files',
      method: 'tree',
      type: 'full',
      startTime: 't',
      units: [second],
    });

    await copyUnit(from, to, second);
    await copyPoint(from, to, pin);
    await copyPoint(from, to, pin);

    expect(to.location.bytes(pin.key)).toEqual(from.location.bytes(pin.key));
    await expect(readPoint(to, pin)).resolves.toMatchObject({ backupId: 'bkp_2' });
  });
});
