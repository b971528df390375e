import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { aContext, noise, prose, readUnit, summaryOf, writeUnit } from '../../test/fakes/repository-kit.ts';
import { seededIds } from '../../test/fakes/seeded-ids.ts';
import { listPoints, sealPoint } from './point.ts';
import { generateRecoveryKey, recipientFrom, recoveryKeyProvider } from './recovery-key.ts';

const GENERATED = generateRecoveryKey(seededIds('recovery'));
const CONTEXT = { purpose: 'test', attempt: 'a' };
const DATA_KEY = noise(32, 'data key');
const refused = { name: 'KeyUnwrapFailed' };

describe('recovery key', () => {
  test('a wrapped key - opens with the printed half alone', async () => {
    const wrapped = await recipientFrom(GENERATED.recipient).wrap(DATA_KEY, CONTEXT);

    expect(await recoveryKeyProvider(GENERATED.printed).unwrap(wrapped, CONTEXT)).toEqual(DATA_KEY);
    expect(wrapped.provider).toBe('recovery');
    expect(Buffer.from(wrapped.wrapped, 'base64').includes(DATA_KEY)).toBe(false);
  });

  test('the same key wrapped twice - looks unlike', async () => {
    const recipient = recipientFrom(GENERATED.recipient);

    expect(await recipient.wrap(DATA_KEY, CONTEXT)).not.toEqual(await recipient.wrap(DATA_KEY, CONTEXT));
  });

  test('another context, another key or any flipped bit - is refused with one and the same error', async () => {
    const wrapped = await recipientFrom(GENERATED.recipient).wrap(DATA_KEY, CONTEXT);
    const provider = recoveryKeyProvider(GENERATED.printed);
    const stranger = recoveryKeyProvider(generateRecoveryKey(seededIds('stranger')).printed);

    await expect(provider.unwrap(wrapped, { ...CONTEXT, attempt: 'b' })).rejects.toMatchObject(refused);
    await expect(stranger.unwrap(wrapped, CONTEXT)).rejects.toMatchObject(refused);
    const bytes = Buffer.from(wrapped.wrapped, 'base64');
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      await expect(provider.unwrap({ ...wrapped, wrapped: changed.toString('base64') }, CONTEXT)).rejects.toMatchObject(
        refused,
      );
    }
    await expect(provider.unwrap({ ...wrapped, wrapped: '' }, CONTEXT)).rejects.toMatchObject(refused);
  });

  test('the printed key in lower case, with spaces for dashes and O for zero - is read', async () => {
    const wrapped = await recipientFrom(GENERATED.recipient).wrap(DATA_KEY, CONTEXT);
    const sloppy = ` ${GENERATED.printed.toLowerCase().replaceAll('-', '  ').replaceAll('0', 'o')}\n`;

    expect(await recoveryKeyProvider(sloppy).unwrap(wrapped, CONTEXT)).toEqual(DATA_KEY);
  });

  test('any one mistyped character or two exchanged neighbours - are told as a mistyped key', () => {
    const body = GENERATED.printed;
    fc.assert(
      fc.property(
        fc.nat({ max: body.length - 7 }),
        fc.integer({ min: 0, max: 29 }).map((i) => '23456789ABCDEFGHJKMNPQRSTVWXYZ'.charAt(i)),
        (offset, character) => {
          const at = offset + 6;
          fc.pre(body[at] !== '-' && body[at] !== character);

          expect(() => recoveryKeyProvider(body.slice(0, at) + character + body.slice(at + 1))).toThrow(
            expect.objectContaining({ name: 'InvalidRequest' }),
          );
        },
      ),
    );
    for (let at = 6; at < body.length - 1; at++) {
      const exchanged = body.slice(0, at) + body.charAt(at + 1) + body.charAt(at) + body.slice(at + 2);
      if (exchanged.replaceAll('-', '') === body.replaceAll('-', '')) continue;
      expect(() => recoveryKeyProvider(exchanged)).toThrow(expect.objectContaining({ name: 'InvalidRequest' }));
    }
  });

  test.each(['', 'HFRK1', 'XXXX-1234', GENERATED.recipient, GENERATED.printed.slice(0, -1), `${GENERATED.printed}A`])(
    'the text %j - is no recovery key',
    (text) => {
      expect(() => recoveryKeyProvider(text)).toThrow(expect.objectContaining({ name: 'InvalidRequest' }));
    },
  );

  test.each(['', 'holdfast-recovery-1:', 'holdfast-recovery-2:AAAA', 'holdfast-recovery-1:AAAA', GENERATED.printed])(
    'the text %j - is no recovery recipient',
    (text) => {
      expect(() => recipientFrom(text)).toThrow(expect.objectContaining({ name: 'InvalidConfiguration' }));
    },
  );

  test('a recovery key - wraps nothing', async () => {
    const provider = recoveryKeyProvider(GENERATED.printed);

    await expect(provider.wrap(DATA_KEY, CONTEXT)).rejects.toMatchObject({ name: 'KeyUnavailable' });
    await expect(provider.rotate()).rejects.toMatchObject({ name: 'KeyUnavailable' });
  });

  test('both halves - name the same key', async () => {
    const { keyId } = await recoveryKeyProvider(GENERATED.printed).describe();

    expect(recipientFrom(GENERATED.recipient).keyId).toBe(keyId);
  });
});

describe('trap 53 - the server and its keys are gone', () => {
  test('store and recovery key alone - list the points and read every file', async () => {
    const tree = { a: noise(20_000), b: prose(20_000) };
    const context = { ...aContext(), recipient: recipientFrom(GENERATED.recipient) };
    const unit = await writeUnit(context, tree);
    await sealPoint(context, {
      backupId: 'bkp_1',
      epoch: 1,
      store: 'orders-db',
      service: 's',
      engine: 'files',
      method: 'tree',
      type: 'full',
      startTime: 't',
      units: [unit],
    });

    const offline = { ...context, keys: recoveryKeyProvider(GENERATED.printed), recipient: undefined };

    const [listed] = await listPoints(offline);
    expect(await readUnit(offline, listed!.point!.units[0]!)).toEqual(summaryOf(tree));
  });

  test('a store written without recovery recipient - is not opened by a recovery key', async () => {
    const context = aContext();
    const unit = await writeUnit(context, { a: noise(10) });

    await expect(readUnit({ ...context, keys: recoveryKeyProvider(GENERATED.printed) }, unit)).rejects.toMatchObject(
      refused,
    );
  });
});
