import { describe, expect, test } from '@jest/globals';

import { aContext } from '../../test/fakes/repository-kit.ts';
import { HoldfastError } from '../domain/errors.ts';
import { ensureRepository, initialiseCopy } from './initialise.ts';
import { chunkIdKeyOf, gearTableOf } from './repository-secret.ts';

const show = ({ id, bytes }: { id: string; bytes: Buffer }): string => `${id} ${bytes.toString('hex')}`;

describe('repository', () => {
  test('opened twice - is one repository', async () => {
    const context = aContext();

    const [first, second] = [await ensureRepository(context), await ensureRepository(context)];

    expect(show(first)).toBe(show(second));
  });

  test('created by many writers at once - is one repository', async () => {
    const contexts = Array.from({ length: 8 }, (_, i) => ({ ...aContext(), ids: aContext({ seed: String(i) }).ids }));
    const shared = contexts.map((context) => ({ ...context, location: contexts[0]!.location }));

    const opened = await Promise.all(shared.map((context) => ensureRepository(context)));

    expect(new Set(opened.map(show)).size).toBe(1);
  });

  test('the answer to its creation lost - is created once', async () => {
    const context = aContext();
    let isLost = false;
    context.location.after = (operation) => {
      if (operation !== 'put' || isLost) return;
      isLost = true;
      throw new HoldfastError('StorageUnavailable', 'reply lost');
    };

    const created = await ensureRepository(context);

    expect(show(await ensureRepository(context))).toBe(show(created));
  });

  test('its stored object - shows no secret', async () => {
    const context = aContext();

    const { bytes } = await ensureRepository(context);

    const stored = context.location.bytes('orders-db/repository');
    for (const form of ['hex', 'base64', 'latin1'] as const)
      expect(stored.toString('latin1')).not.toContain(bytes.toString(form));
  });

  test('two repositories with one secret - still have keys and tables of their own', () => {
    const bytes = Buffer.alloc(32, 1);

    expect(chunkIdKeyOf({ id: 'a', bytes })).not.toEqual(chunkIdKeyOf({ id: 'b', bytes }));
    expect(gearTableOf({ id: 'a', bytes })).not.toEqual(gearTableOf({ id: 'b', bytes }));
  });

  test('keys that cannot open it - are refused by name', async () => {
    const context = aContext();
    await ensureRepository(context);

    await expect(ensureRepository({ ...context, keys: aContext({ key: 'other' }).keys })).rejects.toMatchObject({
      name: 'KeyUnwrapFailed',
    });
  });

  test('a provider that is out of reach - is not taken for a wrong key', async () => {
    const context = aContext();
    await ensureRepository(context);
    context.keys.setEnabled(false);

    await expect(ensureRepository(context)).rejects.toMatchObject({ name: 'KeyUnavailable' });
  });
});

describe('repository at another location', () => {
  test('initialised twice - has the same secret under its own key', async () => {
    const [from, to] = [aContext({ location: 'first' }), aContext({ location: 'second' })];
    const secret = await ensureRepository(from);

    await initialiseCopy(from, to);
    await initialiseCopy(from, to);

    expect(show(await ensureRepository(to))).toBe(show(secret));
    await expect(ensureRepository({ ...to, keys: from.keys })).rejects.toMatchObject({ name: 'KeyUnwrapFailed' });
  });

  test('a source without repository - is named as missing', async () => {
    await expect(initialiseCopy(aContext(), aContext({ location: 'second' }))).rejects.toMatchObject({
      name: 'CopyMissing',
    });
  });
});
