// Compares a store's policy with its rules before anything runs: what every backup would fail later is refused now.

import type { ComplianceRule } from '../../domain/compliance.ts';
import { isConflict, windowOf } from '../../domain/compliance/retention-window.ts';
import { rulesInForce } from '../../domain/compliance/rules-in-force.ts';
import { addPeriod, parseInstant } from '../../domain/period.ts';
import type { Configuration, ConfiguredStore } from './configuration.ts';
import type { EffectiveContext } from './effective-checks.ts';
import { placeOf, storePath } from './places.ts';
import type { Problem } from './problem.ts';

const ALL_POINTS = ['daily', 'weekly', 'monthly', 'yearly'] as const;

export function checkRules(
  configuration: Configuration,
  store: ConfiguredStore,
  context: EffectiveContext,
): readonly Problem[] {
  const rules = rulesInForce(store.rules, { dataType: store.dataType, points: ALL_POINTS, now: context.now });
  return [...checkKeep(store, rules, context), ...checkPlaces(configuration, store, rules, context)];
}

function checkKeep(store: ConfiguredStore, rules: readonly ComplianceRule[], context: EffectiveContext): Problem[] {
  const problem = (message: string, cure: string, line = 'daily'): Problem =>
    context.source.problem(
      { name: 'InvalidConfiguration', message, cure },
      [...storePath(store), 'keep'],
      placeOf(store, `keep.${line}`, context),
    );
  if (Object.keys(store.keep).length === 0)
    return [problem('nothing says how long backups are kept', 'give keep at least one line, for example daily: 30d')];
  const start = new Date(context.now).toISOString();
  const retention = rules.filter(({ kind }) => kind === 'retention-window');
  return retention.flatMap((rule) => {
    const window = windowOf(rule, start);
    const contrary = retention.find((other) => isConflict(window, windowOf(other, start)));
    if (contrary !== undefined) {
      return [
        problem(
          `the minimum of rule "${rule.id}" lies after the maximum of rule "${contrary.id}"`,
          'no retention can satisfy both: split the store, or end one of the rules',
        ),
      ];
    }
    return [
      ...tooLong(store, rule, start, window.notAfter, problem),
      ...tooShort(store, rule, start, window.notBefore, problem),
    ];
  });
}

type MakeProblem = (message: string, cure: string, line?: string) => Problem;

function tooLong(
  store: ConfiguredStore,
  rule: ComplianceRule,
  start: string,
  notAfter: string | undefined,
  problem: MakeProblem,
): Problem[] {
  if (notAfter === undefined) return [];
  return Object.entries(store.keep)
    .filter(([, period]) => parseInstant(addPeriod(start, period as string)) > parseInstant(notAfter))
    .map(([line, period]) =>
      problem(
        `keep.${line} of ${String(period)} is longer than rule "${rule.id}" allows`,
        `at most ${String(rule.params['max'])}`,
        line,
      ),
    );
}

/** Only for rules on promoted points: what a minimum adds to every backup is added by itself. */
function tooShort(
  store: ConfiguredStore,
  rule: ComplianceRule,
  start: string,
  notBefore: string | undefined,
  problem: MakeProblem,
): Problem[] {
  const line = rule.params['points'];
  if (notBefore === undefined || typeof line !== 'string') return [];
  const period = store.keep[line as keyof typeof store.keep];
  if (period !== undefined && parseInstant(addPeriod(start, period)) >= parseInstant(notBefore)) return [];
  const message =
    period === undefined
      ? `rule "${rule.id}" needs keep.${line}`
      : `keep.${line} of ${period} is shorter than rule "${rule.id}" demands`;
  return [problem(message, `at least ${String(rule.params['min'])}`, line)];
}

/** The declared country is compared here; the gate compares what the location itself says. */
function checkPlaces(
  configuration: Configuration,
  store: ConfiguredStore,
  rules: readonly ComplianceRule[],
  context: EffectiveContext,
): Problem[] {
  const path = [...storePath(store), 'copies'];
  return rules
    .filter(({ kind }) => kind === 'residency')
    .flatMap((rule) => {
      const allowed = rule.params['allowed'] as readonly string[];
      return store.copies
        .map(({ location }) => configuration.locations.find(({ name }) => name === location)!)
        .filter(({ country }) => !allowed.includes(country))
        .map(({ name, country }) => {
          const message = `location "${name}" lies in ${country}, rule "${rule.id}" allows ${allowed.join(', ')}`;
          return context.source.problem(
            { name: 'InvalidConfiguration', message, cure: 'name another location' },
            path,
            placeOf(store, 'copies', context),
          );
        });
    });
}

/** Bytes rest at the staging place for a while: a residency rule asks for its country too, and not knowing it would fail every backup. */
export function checkStaging(configuration: Configuration, context: EffectiveContext): readonly Problem[] {
  const { country } = configuration;
  const path = country === undefined ? ['platform'] : ['platform', 'country'];
  for (const store of configuration.stores) {
    const rules = rulesInForce(store.rules, { dataType: store.dataType, points: ALL_POINTS, now: context.now });
    for (const { id, params } of rules.filter(({ kind }) => kind === 'residency')) {
      const allowed = params['allowed'] as readonly string[];
      if (country !== undefined && allowed.includes(country)) continue;
      const message =
        country === undefined
          ? `platform.country is missing: rule "${id}" of store "${store.store}" asks where bytes rest on their way`
          : `the platform stands in ${country}, rule "${id}" of store "${store.store}" allows ${allowed.join(', ')}`;
      return [
        context.source.problem(
          { name: 'InvalidConfiguration', message, cure: `platform: { country: ${allowed[0]} }, if that is true` },
          path,
        ),
      ];
    }
  }
  return [];
}
