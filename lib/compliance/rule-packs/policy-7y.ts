// The platform owner's own wish to keep yearly copies of payment data for seven years. No Russian act demands seven years.

import type { ComplianceRule } from '../../domain/compliance.ts';

export const POLICY_7Y: readonly ComplianceRule[] = [
  {
    id: 'policy-7y-retention',
    kind: 'retention-window',
    jurisdiction: '*',
    basis: 'policy',
    source: 'platform policy: "Russian User Data Policy" of the backup service design, minimumRetention 2555',
    effectiveFrom: '2020-01-01',
    reviewedAt: '2026-11-20',
    appliesTo: ['payment_data'],
    // Seven calendar years, not 2555 days: every seven years since 2000 have 2556 or 2557 days.
    params: { min: 'P7Y', anchor: 'start', points: 'yearly' },
    text: {
      en: 'The first recovery point of every year of payment data is kept for seven years.',
      ru: 'Первая копия платёжных данных каждого года хранится семь лет.',
    },
  },
];
