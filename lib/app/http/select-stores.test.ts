// Tests which stores a request means by service or path; nothing undeclared is ever selected.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { aStorePolicy } from '../../../test/builders/store-policy.ts';
import { testPlatform } from '../../../test/flows/test-platform.ts';
import type { TestPlatform } from '../../../test/flows/test-platform.ts';
import { databaseStoresOf, storesHolding } from './select-stores.ts';

let platform: TestPlatform;
beforeEach(() => {
  const policies = [
    aStorePolicy({ store: 'orders-db', engine: 'database' }),
    aStorePolicy({ store: 'orders-files', engine: 'files', source: { paths: ['/srv/orders', '/srv/shared'] } }),
    aStorePolicy({ store: 'nested', engine: 'files', service: 'media', source: { paths: ['/srv/orders/media'] } }),
  ];
  const made = testPlatform({ policies });
  const [method] = made.scripted.methods;
  const database = { ...made.scripted, methods: [{ ...method!, partialRestore: 'tables' as const }] };
  platform = { ...made, engine: (name) => (name === 'database' ? database : made.scripted) };
});
afterEach(async () => await platform.close());

describe('databaseStoresOf', () => {
  test('a service - its databases, not its files', () => {
    expect(databaseStoresOf(platform, 'orders', undefined)).toEqual(['orders-db']);
  });

  test('named stores - only databases of that service', () => {
    expect(databaseStoresOf(platform, 'orders', ['orders-db'])).toEqual(['orders-db']);
    expect(() => databaseStoresOf(platform, 'orders', ['orders-files'])).toThrow(
      expect.objectContaining({ name: 'NotFound' }),
    );
    expect(() => databaseStoresOf(platform, 'orders', ['nested'])).toThrow(
      expect.objectContaining({ name: 'NotFound' }),
    );
  });

  test.each(['media', 'nobody'])('service %s without databases - NotFound', (service) => {
    expect(() => databaseStoresOf(platform, service, undefined)).toThrow(expect.objectContaining({ name: 'NotFound' }));
  });
});

describe('storesHolding', () => {
  test.each([
    ['/srv/orders', 'orders-files'],
    ['srv/orders', 'orders-files'],
    ['srv/orders/2026/11', 'orders-files'],
    ['//srv/./shared//x', 'orders-files'],
    ['/srv/orders/media/a.png', 'nested'],
  ])('path %s - store %s', (path, store) => {
    expect(storesHolding(platform, path)).toEqual([store]);
  });

  test.each([
    '/',
    '/srv',
    '/srv/ordersx',
    '/etc/passwd',
    '/srv/orders/../../etc/passwd',
    '../../etc/passwd',
    '/srv/orders\0/x/../../..',
  ])('path %j outside every tree - NotFound', (path) => {
    expect(() => storesHolding(platform, path)).toThrow(expect.objectContaining({ name: 'NotFound' }));
  });
});
