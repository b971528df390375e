// How long Russian law wants accounting and tax documents kept; the backups of payment data are where they can be proven.
// No `reviewedAt` yet: a rule carries it from the day a lawyer has read it against its source.

import type { ComplianceRule } from '../../domain/compliance.ts';

export const RU_ACCOUNTING: readonly ComplianceRule[] = [
  {
    id: 'ru-402-fz-retention',
    kind: 'retention-window',
    jurisdiction: 'RU',
    basis: 'law',
    source: '402-FZ art. 29; Tax Code art. 23 p. 1 pp. 8',
    effectiveFrom: '2013-01-01',
    appliesTo: ['payment_data'],
    // Counted from the end of the reporting year, in the zone where the year ends last in Russia.
    params: { min: 'P5Y', anchor: 'year-end', timeZone: 'Europe/Kaliningrad' },
    text: {
      en: 'Accounting and tax documents are kept for at least five years after the end of their year.',
      ru: 'Документы бухгалтерского и налогового учёта хранятся не менее пяти лет после окончания года.',
    },
  },
];
