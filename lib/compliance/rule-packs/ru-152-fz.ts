// Rules of the Russian law on personal data that a backup can be checked against. Data with sources: a lawyer reviews it by date.
// No `reviewedAt` yet: a rule carries it from the day a lawyer has read it against its source.

import type { ComplianceRule } from '../../domain/compliance.ts';

export const RU_152_FZ: readonly ComplianceRule[] = [
  {
    id: 'ru-152-fz-residency',
    kind: 'residency',
    jurisdiction: 'RU',
    basis: 'law',
    source: '152-FZ art. 18 p. 5 as reworded by 23-FZ of 28.02.2025',
    effectiveFrom: '2025-07-01',
    appliesTo: ['user_data', 'payment_data'],
    params: { allowed: ['RU'] },
    text: {
      en: 'Personal data of Russian citizens is stored in Russia: every copy and the staging place.',
      ru: 'Персональные данные граждан РФ хранятся в России: все копии и место временного хранения.',
    },
  },
  {
    id: 'ru-152-fz-key-location',
    kind: 'key-location',
    jurisdiction: 'RU',
    // The act speaks of databases, not of keys: a key abroad is our reading of the same duty, so it is policy.
    basis: 'policy',
    source: 'own reading of 152-FZ art. 18 p. 5: whoever holds the key holds the data',
    effectiveFrom: '2025-07-01',
    appliesTo: ['user_data', 'payment_data'],
    params: { allowed: ['RU'] },
    text: {
      en: 'Keys that open personal data of Russian citizens are kept in Russia.',
      ru: 'Ключи к персональным данным граждан РФ хранятся в России.',
    },
  },
];
