// Builds a store policy with sound values for everything that a test does not care about.

import type { StorePolicy } from '../../lib/domain/store-policy.ts';

export const aStorePolicy = (changes: Partial<StorePolicy> = {}): StorePolicy => ({
  store: 'orders-db',
  service: 'orders',
  owner: 'team-orders',
  engine: 'scripted',
  method: 'tree',
  serviceLevel: 'high',
  dataType: 'game_data',
  rpoSeconds: 3600,
  rtoSeconds: 3600,
  source: {},
  schedules: [],
  copies: [
    { role: 'primary', location: 'primary' },
    { role: 'secondary', location: 'second' },
  ],
  keep: { daily: 'P30D' },
  rules: [],
  verifyWithinDays: 30,
  compression: { algorithm: 'zstd', level: 3 },
  encryption: 'AES-256-GCM',
  ...changes,
});
