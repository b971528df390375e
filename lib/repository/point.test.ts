import { describe, expect, test } from '@jest/globals';

import { aContext, noise, writeUnit } from '../../test/fakes/repository-kit.ts';
import { HoldfastError } from '../domain/errors.ts';
import type { RecoveryPoint } from './point.ts';
import { listPoints, readPoint, sealPoint } from './point.ts';

const POINT: RecoveryPoint = {
  backupId: 'bkp_1',
  epoch: 3,
  store: 'orders-db',
  service: 'orders',
  engine: 'postgresql',
  method: 'physical',
  type: 'full',
  startTime: '2026-01-02T03:04:05.000Z',
  units: [],
};

describe('recovery point', () => {
  test('a sealed point - is read back from its pin', async () => {
    const context = aContext();
    const unit = await writeUnit(context, { a: noise(100) });

    const pin = await sealPoint(context, { ...POINT, units: [unit] });

    expect(pin.key).toBe('orders-db/points/bkp_1.3');
    expect(await readPoint(context, pin)).toEqual({ ...POINT, units: [unit] });
  });

  test('the same point sealed again - is the one that lies there', async () => {
    const context = aContext();

    const pins = [await sealPoint(context, POINT), await sealPoint(context, POINT)];

    expect(pins[0]).toEqual(pins[1]);
  });

  test('two runs of the step at once - seal one point', async () => {
    const context = aContext();

    const pins = await Promise.all([sealPoint(context, POINT), sealPoint(context, POINT)]);

    expect(pins[0]).toEqual(pins[1]);
  });

  test('killed at every put, also with the answer lost - the next run seals the point', async () => {
    for (const when of ['before', 'after'] as const) {
      for (let k = 1; k <= 4; k++) {
        const context = aContext();
        let puts = 0;
        context.location[when] = (operation) => {
          if (operation === 'put' && ++puts === k) throw new HoldfastError('Internal', 'killed');
        };
        await sealPoint(context, POINT).catch(() => undefined);
        context.location[when] = undefined;

        await expect(readPoint(context, await sealPoint(context, POINT))).resolves.toEqual(POINT);
      }
    }
  });

  test('another point of the same backup and epoch - is refused', async () => {
    const context = aContext();
    await sealPoint(context, POINT);

    await expect(sealPoint(context, { ...POINT, method: 'logical' })).rejects.toMatchObject({ name: 'ObjectExists' });
  });

  test('points under exchanged names - are refused', async () => {
    const context = aContext();
    const first = await sealPoint(context, POINT);
    const second = await sealPoint(context, { ...POINT, backupId: 'bkp_2' });
    const [one, two] = [context.location.bytes(first.key), context.location.bytes(second.key)];
    context.location.tamper(first.key, () => two);
    context.location.tamper(second.key, () => one);

    expect((await listPoints(context)).map(({ problem }) => problem?.name)).toEqual([
      'IntegrityViolation',
      'IntegrityViolation',
    ]);
  });

  test('a store with many points, one of them damaged - lists all of them and says which is bad', async () => {
    const context = aContext();
    for (let i = 0; i < 5; i++) await sealPoint(context, { ...POINT, epoch: i });
    context.location.tamper('orders-db/points/bkp_1.2', (bytes) => bytes.subarray(3));

    const listed = await listPoints(context);

    expect(listed.map(({ point }) => point?.epoch)).toEqual([0, 1, undefined, 3, 4]);
    expect(listed[2]?.problem).toMatchObject({ name: 'RepositoryFormatUnsupported' });
  });

  test('a store without points - lists none', async () => {
    expect(await listPoints(aContext())).toEqual([]);
  });
});
