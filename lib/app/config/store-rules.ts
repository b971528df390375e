// Which rules hold for a store: the baseline, the packs the configuration asks for, and its own rules.

import type { ComplianceRule, DataType } from '../../domain/compliance.ts';
import { DATA_TYPES } from '../../domain/compliance.ts';
import { baselineRules } from '../../domain/compliance/baseline.ts';
import type { ServiceLevel } from '../../domain/service-level.ts';
import { RULE_PACKS } from '../../compliance/rule-packs/rule-packs.ts';
import { periodOf } from './quantities.ts';
import type { ConfigurationFile, OwnRule } from './schema.ts';

interface RuledStore {
  readonly store: string;
  readonly dataType: DataType;
  readonly serviceLevel: ServiceLevel;
  readonly verifyWithinDays: number;
}

/** Dates are not looked at here: a rule that comes into force next month must already be on the store. */
export function rulesOfStore(rules: ConfigurationFile['rules'], store: RuledStore): readonly ComplianceRule[] {
  const packs = (rules?.packs ?? []).flatMap((pack) => RULE_PACKS[pack] ?? []);
  const own = (rules?.own ?? []).filter((rule) => isMeant(rule, store)).map(asComplianceRule);
  return [...baselineRules(store.verifyWithinDays), ...packs, ...own].filter((rule) =>
    rule.appliesTo.includes(store.dataType),
  );
}

function isMeant(rule: OwnRule, store: RuledStore): boolean {
  return (rule.classes?.includes(store.serviceLevel) ?? true) && (rule.stores?.includes(store.store) ?? true);
}

function asComplianceRule(rule: OwnRule): ComplianceRule {
  const text = rule.text ?? rule.id;
  return {
    id: rule.id,
    kind: rule.kind,
    jurisdiction: '*',
    // Whatever a configuration says, it is its owner's wish: only a pack can name an act.
    basis: 'policy',
    source: rule.source ?? 'holdfast.yaml',
    effectiveFrom: rule.from ?? '1970-01-01',
    ...(rule.to === undefined ? {} : { effectiveTo: rule.to }),
    appliesTo: rule.data ?? DATA_TYPES,
    params: parametersOf(rule),
    text: { en: text, ru: text },
  };
}

function parametersOf(rule: OwnRule): ComplianceRule['params'] {
  const entries: readonly (readonly [string, string | number | readonly string[] | undefined])[] = [
    ['allowed', rule.allowed],
    ['suites', rule.suites],
    ['min', rule.min === undefined ? undefined : periodOf(rule.min)],
    ['max', rule.max === undefined ? undefined : periodOf(rule.max)],
    ['count', rule.copies],
    ['failureDomains', rule.failureDomains],
    ['days', rule.within === undefined ? undefined : Number.parseInt(rule.within, 10)],
  ];
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string | number | readonly string[]] => entry[1] !== undefined),
  );
}
