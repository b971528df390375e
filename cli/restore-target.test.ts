// Tests what a restore command asks for: exactly one target, complete, and never a secret.

import { describe, expect, test } from '@jest/globals';
import path from 'node:path';
import { CliFailure } from './failure.ts';
import { planRequestOf } from './restore-target.ts';
import type { TargetOptions } from './restore-target.ts';

const failureOf = (options: TargetOptions): CliFailure => {
  try {
    planRequestOf('orders-db', options);
  } catch (error) {
    if (error instanceof CliFailure) return error;
    throw error;
  }
  throw new Error('was accepted');
};

describe('planRequestOf', () => {
  test('a relative directory - absolute, because the platform has another working directory', () => {
    expect(planRequestOf('orders-db', { toDir: 'out' })).toEqual({
      store: 'orders-db',
      target: { kind: 'directory', path: path.resolve('out') },
      options: {},
    });
  });

  test('every option - in the request', () => {
    const request = planRequestOf('orders-db', {
      backup: 'bkp_1',
      location: 'second',
      toUrl: 'postgres://u@h:5432/',
      credentialRef: 'env:P',
      database: 'copy',
      table: ['a', 'b'],
    });

    expect(request).toEqual({
      store: 'orders-db',
      backupId: 'bkp_1',
      location: 'second',
      target: { kind: 'database', settings: { url: 'postgres://u@h:5432/', credentialRef: 'env:P' }, database: 'copy' },
      options: { selectedTables: ['a', 'b'] },
    });
  });

  test('in place - asks to overwrite, and for nothing else', () => {
    expect(planRequestOf('orders-db', { inPlace: true })).toEqual({
      store: 'orders-db',
      target: { kind: 'in-place' },
      options: { overwriteExisting: true },
    });
  });

  test.each([
    {},
    { backup: 'bkp_1' },
    { toDir: 'a', inPlace: true },
    { toDir: 'a', toDataDir: 'b' },
    { toDir: 'a', credentialRef: 'env:X' },
    { toUrl: 'h:5432' },
  ])('options %j - refused with exit 2', (options) => {
    expect(failureOf(options).exitCode).toBe(2);
  });

  test.each(['postgres://u:hunter2@h/db', 'postgres://u@h/db?password=hunter2', 'postgres://h/db?sslpassword=hunter2'])(
    '%s - refused with the cure, the secret is not repeated',
    (toUrl) => {
      const failure = failureOf({ toUrl });

      expect(failure.exitCode).toBe(2);
      expect(failure.items[0]?.code).toBe('SECRET_IN_CONFIGURATION');
      expect(failure.hint).toContain('--credential-ref');
      expect(JSON.stringify([failure.items, failure.hint, failure.message])).not.toContain('hunter2');
    },
  );
});
