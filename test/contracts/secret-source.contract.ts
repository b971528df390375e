// The contract of lib/ports/secret-source.ts, for every adapter: read by reference at the moment of use, never shown.

import { inspect } from 'node:util';

import { expect } from '@jest/globals';

import { HoldfastError } from '../../lib/domain/errors.ts';
import { Secret } from '../../lib/domain/secret.ts';
import type { SecretSource } from '../../lib/ports/secret-source.ts';
import type { ContractCase, MakeSubject } from './contract.ts';
import { failureOf, instead, runContract, runMutants } from './contract.ts';

export interface SecretSourceSubject {
  readonly secrets: SecretSource;
  /** A reference to a secret that is there. */
  readonly reference: string;
  /** A reference of the same form to one that is not. */
  readonly missing: string;
  /** Gives the secret of `reference` another value. */
  readonly change: (value: string) => Promise<void>;
}

export function secretSourceContract(name: string, make: MakeSubject<SecretSourceSubject>): void {
  runContract(`secret source contract: ${name}`, secretSourceCases, make);
}

export function secretSourceMutants(name: string, make: MakeSubject<SecretSourceSubject>): void {
  runMutants(`secret source contract: ${name}`, secretSourceCases, make);
}

const replaced =
  (changes: (secrets: SecretSource, subject: SecretSourceSubject) => Partial<SecretSource>) =>
  (subject: SecretSourceSubject): SecretSourceSubject => ({
    ...subject,
    secrets: instead(subject.secrets, changes(subject.secrets, subject)),
  });

export const secretSourceCases: readonly ContractCase<SecretSourceSubject>[] = [
  {
    title: 'read - the secret as it was stored; printed it is ***',
    run: async ({ secrets, reference, change }) => {
      await change(' pass "word"\n with спец символы');

      const secret = await secrets.read(reference);

      expect(secret.reveal()).toBe(' pass "word"\n with спец символы');
      expect([String(secret), JSON.stringify({ secret }), inspect(secret)].join()).not.toContain('word');
    },
    mutants: {
      'trims it': replaced((secrets) => ({
        read: async (reference) => new Secret((await secrets.read(reference)).reveal().trim()),
      })),
      'gives out plain text': replaced((secrets) => ({
        read: async (reference) => {
          const text = (await secrets.read(reference)).reveal();
          return { reveal: () => text, toString: () => text, toJSON: () => text } as unknown as Secret;
        },
      })),
    },
  },
  {
    title: 'secret that was changed - the next read gives the new one',
    run: async ({ secrets, reference, change }) => {
      await change('first');
      await secrets.read(reference);
      await change('second');

      expect((await secrets.read(reference)).reveal()).toBe('second');
    },
    mutants: {
      'remembers what it read': replaced((secrets) => {
        let known: Promise<Secret> | undefined;
        return { read: (reference) => (known ??= secrets.read(reference)) };
      }),
    },
  },
  {
    title: 'secret that is not there - NotFound naming the reference',
    run: async ({ secrets, missing }) => {
      expect(await failureOf(secrets.read(missing))).toMatchObject({ name: 'NotFound', facts: { reference: missing } });
    },
    mutants: {
      'answers an empty secret': replaced((secrets) => ({
        read: (reference) => secrets.read(reference).catch(() => new Secret('')),
      })),
      'does not say which': replaced((secrets) => ({
        read: (reference) =>
          secrets.read(reference).catch(() => {
            throw new HoldfastError('NotFound', 'no secret');
          }),
      })),
    },
  },
  {
    title: 'empty secret - NotFound: an empty password is a mistake of configuration',
    run: async ({ secrets, reference, change }) => {
      await change('');

      expect((await failureOf(secrets.read(reference))).name).toBe('NotFound');
    },
    mutants: {
      'gives it out': replaced((secrets) => ({
        read: (reference) => secrets.read(reference).catch(() => new Secret('')),
      })),
    },
  },
  {
    title: 'text that is no reference - refused without repeating it, because it may be the secret itself',
    run: async ({ secrets }) => {
      const failure = await failureOf(secrets.read('hunter2'));

      expect(failure.name).toBe('InvalidConfiguration');
      expect(JSON.stringify([failure.message, failure.facts])).not.toContain('hunter2');
    },
    mutants: {
      'repeats it': replaced((secrets) => ({
        read: (reference) =>
          secrets.read(reference).catch(() => {
            throw new HoldfastError('InvalidConfiguration', `unable to read '${reference}'`);
          }),
      })),
      'takes it for the secret': replaced((secrets) => ({
        read: (reference) => secrets.read(reference).catch(() => new Secret(reference)),
      })),
    },
  },
];
