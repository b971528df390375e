// Tests that the shipped examples load with the engines there are, and say what their comments promise.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { retentionUntil } from '../../domain/retention-until.ts';
import { engines } from '../../engines/registry.ts';
import type { Configuration } from './configuration.ts';
import { explainStore } from './explain-store.ts';
import { loadConfiguration } from './load-configuration.ts';
import { formatProblem } from './problem.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const repository = join(import.meta.dirname, '../../..');

function loadExample(name: string): Configuration {
  const file = join(repository, 'examples', name, 'holdfast.yaml');
  const result = loadConfiguration({ text: readFileSync(file, 'utf8'), file, engines: { built: engines }, now: NOW });
  if (!result.ok) throw new Error(result.problems.map((problem) => formatProblem(problem)).join('\n'));
  return result.configuration;
}

describe('the quickstart example', () => {
  test('two stores, each kept twice - nothing to warn of', () => {
    const { stores, skipped, warnings } = loadExample('quickstart');

    expect(stores.map(({ store, engine, copies, isBuilt }) => [store, engine, copies.length, isBuilt])).toEqual([
      ['shop-db', 'postgresql', 2, true],
      ['shop-files', 'files', 2, true],
    ]);
    expect(skipped).toHaveLength(1);
    expect(warnings).toEqual([]);
  });
});

describe('the platform example', () => {
  const configuration = loadExample('platform');
  const store = (name: string) => configuration.stores.find((candidate) => candidate.store === name)!;

  test('the thirteen services and the platform itself - all there', () => {
    const services = [...new Set([...configuration.stores, ...configuration.skipped].map(({ service }) => service))];

    expect(services).toEqual([
      'auth',
      'account',
      'catalog',
      'library',
      'payment',
      'download',
      'social',
      'notification',
      'developer',
      'admin',
      'analytics',
      'api-gateway',
      'loyalty',
      'platform-config',
    ]);
  });

  test('warnings - only of what is not built yet', () => {
    expect(configuration.warnings.filter(({ name }) => name !== 'CapabilityUnsupported')).toEqual([]);
  });

  test.each([
    ['auth-db', 300, 900],
    ['catalog-db', 900, 3600],
    ['auth-redis', 86_400, 7200],
    ['notification-db', 600, 7200],
    ['notification-redis', 60, 1800],
    ['metadata-db', 600, 7200],
    ['loyalty-db', 4 * 3600, 1800],
    ['warehouse', 86_400, 8 * 3600],
    ['friends', 86_400, 4 * 3600],
  ])('%s - loses at most %d s, is back within %d s', (name, rpoSeconds, rtoSeconds) => {
    expect(store(name)).toMatchObject({ rpoSeconds, rtoSeconds });
  });

  test('logs of databases - seven days, fourteen where 002 and 004 say so', () => {
    expect(store('auth-db').log).toEqual({ keep: 'P7D' });
    expect(store('notification-db').log).toEqual({ keep: 'P14D' });
    expect(store('metadata-db').log).toEqual({ keep: 'P14D' });
  });

  test('drills - quarterly, monthly for loyalty', () => {
    const monthly = configuration.stores.filter(({ drill }) => drill === 'monthly').map(({ service }) => service);

    expect(new Set(monthly)).toEqual(new Set(['loyalty']));
    expect(configuration.stores.filter(({ drill }) => drill === 'quarterly').length + monthly.length).toBe(
      configuration.stores.length,
    );
  });

  test('payment data - five years by law for every copy, seven by policy for the yearly ones', () => {
    const { rules, keep } = store('payment-db');

    expect(
      rules
        .filter(({ kind, id }) => kind === 'retention-window' && !id.startsWith('baseline'))
        .map(({ id, basis }) => [id, basis]),
    ).toEqual([
      ['ru-402-fz-retention', 'law'],
      ['policy-7y-retention', 'policy'],
    ]);
    expect(keep.yearly).toBe('P7Y');
    expect(retentionUntil(store('payment-db'), '2026-11-20T23:00:00.000Z')).toBe('2032-01-01T22:00:00.000Z');
    expect(retentionUntil(store('auth-db'), '2026-11-20T23:00:00.000Z')).toBe('2026-12-20T23:00:00.000Z');
  });

  test('personal data - under the residency rule', () => {
    const withoutRule = configuration.stores.filter(
      ({ dataType, rules }) =>
        ['user_data', 'payment_data'].includes(dataType) && !rules.some(({ id }) => id === 'ru-152-fz-residency'),
    );

    expect(withoutRule).toEqual([]);
  });

  test('explained store - every value with its line, the next five runs in its zone and in UTC', () => {
    const explanation = explainStore(configuration, 'notification-db', NOW);

    expect(explanation.values.find(({ key }) => key === 'rpo')).toMatchObject({ value: '10m', level: 'store' });
    expect(explanation.nextRuns[0]!.runs).toHaveLength(5);
    expect(explanation.nextRuns[0]!.runs[0]).toEqual({
      utc: '2026-11-20T22:00:00.000Z',
      local: '2026-11-21 01:00:00 GMT+3',
    });
    expect(() => explainStore(configuration, 'notification-bd', NOW)).toThrow("did you mean 'notification-db'?");
  });
});
