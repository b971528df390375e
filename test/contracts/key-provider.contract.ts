// The contract of lib/ports/key-provider.ts, for every adapter: opens what it wrapped, in its context, under any version, and nothing else.

import { expect } from '@jest/globals';

import { HoldfastError } from '../../lib/domain/errors.ts';
import type { KeyContext, KeyProvider, WrappedKey } from '../../lib/ports/key-provider.ts';
import type { ContractCase, MakeSubject } from './contract.ts';
import { failureOf, instead, runContract, runMutants } from './contract.ts';

export interface KeyProviderSubject {
  readonly keys: KeyProvider;
  /** Another adapter for the same key, as another process would have it. */
  readonly other: KeyProvider;
  /** A provider of the same kind with a key of its own. */
  readonly stranger: KeyProvider;
}

export function keyProviderContract(name: string, make: MakeSubject<KeyProviderSubject>): void {
  runContract(`key provider contract: ${name}`, keyProviderCases, make);
}

export function keyProviderMutants(name: string, make: MakeSubject<KeyProviderSubject>): void {
  runMutants(`key provider contract: ${name}`, keyProviderCases, make);
}

const DATA_KEY = Buffer.from('0123456789abcdef0123456789abcdef');
const CONTEXT: KeyContext = { store: 'orders-db', backup: 'bkp_1' };

const both =
  (changes: (keys: KeyProvider) => Partial<KeyProvider>) =>
  (subject: KeyProviderSubject): KeyProviderSubject => ({
    ...subject,
    keys: instead(subject.keys, changes(subject.keys)),
    other: instead(subject.other, changes(subject.other)),
  });

const withByte = (wrapped: WrappedKey, index: number): WrappedKey => {
  const bytes = Buffer.from(wrapped.wrapped, 'base64');
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return { ...wrapped, wrapped: bytes.toString('base64') };
};

const shortened = (wrapped: WrappedKey, length: number): WrappedKey => ({
  ...wrapped,
  wrapped: Buffer.from(wrapped.wrapped, 'base64').subarray(0, length).toString('base64'),
});

export const keyProviderCases: readonly ContractCase<KeyProviderSubject>[] = [
  {
    title: 'unwrap in the same context - the data key, also in another process and whatever the order of the context',
    run: async ({ keys, other }) => {
      const wrapped = await keys.wrap(DATA_KEY, CONTEXT);

      expect(Buffer.from(await keys.unwrap(wrapped, CONTEXT))).toEqual(DATA_KEY);
      expect(Buffer.from(await other.unwrap(wrapped, { backup: 'bkp_1', store: 'orders-db' }))).toEqual(DATA_KEY);
    },
    mutants: {
      'gives back another key': both((keys) => ({ unwrap: async (...all) => (await keys.unwrap(...all)).fill(0) })),
      'depends on the order of the context': both((keys) => ({
        wrap: (key, context) => keys.wrap(key, { text: JSON.stringify(context) }),
        unwrap: (key, context) => keys.unwrap(key, { text: JSON.stringify(context) }),
      })),
    },
  },
  {
    title: 'wrap - says which key and version did it; the data key cannot be seen, the caller’s copy is not changed',
    run: async ({ keys }) => {
      const mine = Buffer.from(DATA_KEY);
      const { keyId, keyVersion } = await keys.describe();

      const wrapped = await keys.wrap(mine, CONTEXT);

      expect(wrapped).toMatchObject({ provider: keys.provider, keyId, keyVersion });
      expect(Buffer.from(wrapped.wrapped, 'base64').includes(DATA_KEY)).toBe(false);
      expect(JSON.stringify(wrapped)).not.toContain(DATA_KEY.toString('base64').slice(0, 40));
      expect(mine).toEqual(DATA_KEY);
    },
    mutants: {
      'only encodes': both((keys) => ({
        wrap: async (key, context) => ({
          ...(await keys.wrap(key, context)),
          wrapped: Buffer.from(key).toString('base64'),
        }),
      })),
      'wipes the caller’s copy': both((keys) => ({
        wrap: async (key, context) => {
          const wrapped = await keys.wrap(key, context);
          key.fill(0);
          return wrapped;
        },
      })),
      'does not say which version': both((keys) => ({
        wrap: async (...all) => ({ ...(await keys.wrap(...all)), keyVersion: 0 }),
      })),
    },
  },
  {
    title: 'wrap of one key twice - two different results: equal keys cannot be told',
    run: async ({ keys, other }) => {
      const results = await Promise.all([
        keys.wrap(DATA_KEY, CONTEXT),
        keys.wrap(DATA_KEY, CONTEXT),
        other.wrap(DATA_KEY, CONTEXT),
      ]);

      expect(new Set(results.map((result) => result.wrapped)).size).toBe(3);
    },
    mutants: {
      'wraps the same way every time': both((keys) => {
        let first: Promise<WrappedKey> | undefined;
        return { wrap: (...all) => (first ??= keys.wrap(...all)) };
      }),
    },
  },
  {
    title: 'unwrap in another context - KeyUnwrapFailed',
    run: async ({ keys }) => {
      const wrapped = await keys.wrap(DATA_KEY, CONTEXT);

      for (const context of [{ ...CONTEXT, backup: 'bkp_2' }, { store: 'orders-db' }, { ...CONTEXT, more: 'x' }, {}]) {
        expect((await failureOf(keys.unwrap(wrapped, context))).name).toBe('KeyUnwrapFailed');
      }
    },
    mutants: {
      'does not bind the context': both((keys) => ({
        wrap: (key) => keys.wrap(key, {}),
        unwrap: (key) => keys.unwrap(key, {}),
      })),
      'binds one field of it only': both((keys) => ({
        wrap: (key, { store = '' }) => keys.wrap(key, { store }),
        unwrap: (key, { store = '' }) => keys.unwrap(key, { store }),
      })),
    },
  },
  {
    title: 'unwrap of changed or shortened bytes - KeyUnwrapFailed, whichever byte it is',
    run: async ({ keys }) => {
      const wrapped = await keys.wrap(DATA_KEY, CONTEXT);
      const length = Buffer.from(wrapped.wrapped, 'base64').length;

      for (let index = 0; index < length; index += 1) {
        expect((await failureOf(keys.unwrap(withByte(wrapped, index), CONTEXT))).name).toBe('KeyUnwrapFailed');
      }
      for (const cut of [0, 1, 12, 28, length - 1]) {
        expect((await failureOf(keys.unwrap(shortened(wrapped, cut), CONTEXT))).name).toBe('KeyUnwrapFailed');
      }
    },
    mutants: {
      'overlooks changes at the end': both((keys) => {
        const issued: WrappedKey[] = [];
        return {
          wrap: async (...all) => {
            const wrapped = await keys.wrap(...all);
            issued.push(wrapped);
            return wrapped;
          },
          unwrap: (wrapped, context) =>
            keys.unwrap(
              issued.find(({ wrapped: known }) => known.slice(0, 40) === wrapped.wrapped.slice(0, 40)) ?? wrapped,
              context,
            ),
        };
      }),
      'answers bad bytes with another error': both((keys) => ({
        unwrap: (wrapped, context) =>
          keys.unwrap(wrapped, context).catch(() => {
            throw new HoldfastError('KeyUnavailable', 'bad bytes');
          }),
      })),
    },
  },
  {
    title: 'unwrap with another key - KeyUnwrapFailed',
    run: async ({ keys, stranger }) => {
      const foreign = await stranger.wrap(DATA_KEY, CONTEXT);
      const { keyId, keyVersion } = await keys.describe();

      expect((await failureOf(keys.unwrap(foreign, CONTEXT))).name).toBe('KeyUnwrapFailed');
      expect((await failureOf(keys.unwrap({ ...foreign, keyId, keyVersion }, CONTEXT))).name).toBe('KeyUnwrapFailed');
      expect(
        (await failureOf(keys.unwrap({ ...(await keys.wrap(DATA_KEY, CONTEXT)), keyVersion: 99 }, CONTEXT))).name,
      ).toBe('KeyUnwrapFailed');
    },
    mutants: {
      'has one key for everybody': (subject) => ({ ...subject, stranger: subject.keys }),
      'does not look at the version': both((keys) => ({
        unwrap: async (wrapped, context) =>
          keys.unwrap({ ...wrapped, keyVersion: (await keys.describe()).keyVersion }, context),
      })),
    },
  },
  {
    title: 'failed unwrap - wrong context and changed bytes cannot be told apart',
    run: async ({ keys }) => {
      const wrapped = await keys.wrap(DATA_KEY, CONTEXT);
      const context = await failureOf(keys.unwrap(wrapped, {}));
      const bytes = await failureOf(keys.unwrap(withByte(wrapped, 20), CONTEXT));

      expect([context.message, context.facts, (context as Error).cause]).toEqual([
        bytes.message,
        bytes.facts,
        (bytes as Error).cause,
      ]);
    },
    mutants: {
      'says what was wrong': both((keys) => ({
        unwrap: (wrapped, context) =>
          keys.unwrap(wrapped, context).catch(() => {
            throw new HoldfastError(
              'KeyUnwrapFailed',
              Object.keys(context).length === 0 ? 'wrong context' : 'wrong bytes',
            );
          }),
      })),
    },
  },
  {
    title: 'rotate - the new version wraps in every process, what older ones wrapped still opens',
    run: async ({ keys, other }) => {
      const before = await keys.describe();
      const old = await keys.wrap(DATA_KEY, CONTEXT);

      const version = await keys.rotate();
      const fresh = await other.wrap(DATA_KEY, CONTEXT);

      expect(version).toBeGreaterThan(before.keyVersion);
      expect(await other.describe()).toMatchObject({ keyId: before.keyId, keyVersion: version });
      expect(fresh.keyVersion).toBe(version);
      expect(Buffer.from(await other.unwrap(old, CONTEXT))).toEqual(DATA_KEY);
      expect(Buffer.from(await keys.unwrap(fresh, CONTEXT))).toEqual(DATA_KEY);
    },
    mutants: {
      'only says so': both((keys) => ({ rotate: async () => (await keys.describe()).keyVersion + 1 })),
      'forgets older versions': both((keys) => ({
        unwrap: async (wrapped, context) => {
          if (wrapped.keyVersion < (await keys.describe()).keyVersion)
            throw new HoldfastError('KeyUnwrapFailed', 'too old');
          return keys.unwrap(wrapped, context);
        },
      })),
    },
  },
  {
    title: 'rotate by several processes at once - as many new versions, none lost',
    run: async ({ keys, other }) => {
      const versions = await Promise.all([keys.rotate(), other.rotate(), keys.rotate(), other.rotate()]);
      const wrapped = await keys.wrap(DATA_KEY, CONTEXT);

      expect(new Set(versions).size).toBe(4);
      expect(wrapped.keyVersion).toBe(Math.max(...versions));
      expect(Buffer.from(await other.unwrap(wrapped, CONTEXT))).toEqual(DATA_KEY);
    },
    mutants: {
      'counts what it read before': both((keys) => ({
        rotate: async () => {
          const { keyVersion } = await keys.describe();
          await keys.rotate();
          return keyVersion + 1;
        },
      })),
    },
  },
  {
    title: 'describe - id, version, country of two letters or undefined, date, enabled',
    run: async ({ keys }) => {
      const { keyId, keyVersion, country, createdAt, isEnabled } = await keys.describe();

      expect(keyId).not.toBe('');
      expect(Number.isSafeInteger(keyVersion)).toBe(true);
      expect(country ?? 'XX').toMatch(/^[A-Z]{2}$/);
      expect(Number.isNaN(Date.parse(createdAt))).toBe(false);
      expect(isEnabled).toBe(true);
    },
    mutants: {
      'has an empty country': both((keys) => ({ describe: async () => ({ ...(await keys.describe()), country: '' }) })),
    },
  },
];
