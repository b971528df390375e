// What tests of loading holdfast.yaml begin with: a sound file with replaceable parts, and how its loading is judged.
import { expect } from '@jest/globals';

import { HoldfastError } from '../../lib/domain/errors.ts';
import type { ConfigurableEngine, Configuration } from '../../lib/app/config/configuration.ts';
import { loadConfiguration } from '../../lib/app/config/load-configuration.ts';
import { formatProblem } from '../../lib/app/config/problem.ts';
import type { Problem } from '../../lib/app/config/problem.ts';

export const NOW = Date.parse('2026-11-20T12:00:00Z');

/** An engine that takes any settings but a wrong port. */
export const postgresql: ConfigurableEngine = {
  name: 'postgresql',
  aliases: ['postgres', 'pg_dump'],
  methods: [{ method: 'physical', backupTypes: ['full'], hasLogArchive: true }],
  parseSettings(_method, settings) {
    if (settings['port'] === 0) {
      throw new HoldfastError('InvalidConfiguration', 'unable to use port 0', { path: 'port' });
    }
    return { port: 5432, ...settings };
  },
};

export const load = (text: string) =>
  loadConfiguration({ text, file: '/etc/holdfast/holdfast.yaml', engines: { built: [postgresql] }, now: NOW });

export function loaded(text: string): Configuration {
  const result = load(text);
  if (!result.ok) throw new Error(result.problems.map((problem) => formatProblem(problem)).join('\n'));
  return result.configuration;
}

export function problemsOf(text: string): readonly Problem[] {
  const result = load(text);
  if (result.ok) throw new Error('was taken');
  return result.problems;
}

export interface Parts {
  readonly top?: string;
  readonly locations?: string;
  readonly classes?: string;
  readonly engines?: string;
  readonly store?: string;
  readonly stores?: string;
}

/** A sound file in which one part is replaced. */
export function aFile({ top = '', locations, classes, engines, store = '', stores }: Parts = {}): string {
  return `version: 1
timezone: Europe/Moscow
${top}
locations:
${
  locations ??
  `  primary: { kind: directory, path: ./primary, country: RU, failureDomain: one }
  second: { kind: directory, path: /mnt/second, country: RU, failureDomain: two, lock: 35d, keyFile: keys/second }`
}
classes:
  critical: ${classes ?? '{ copies: [primary, second] }'}
engines:
  postgresql: ${engines ?? '{ full: "0 2 * * *", rpo: 24h }'}
services:
  payment:
    owner: team-payments
    class: critical
    data: payment_data
    stores:
${stores ?? `      payment-db: { engine: postgresql${store} }`}
`;
}

export const only = (text: string): Pick<Problem, 'message' | 'cure' | 'path' | 'line' | 'column'> => {
  const problems = problemsOf(text);
  expect(problems.map(({ message }) => message)).toHaveLength(1);
  return problems[0]!;
};
