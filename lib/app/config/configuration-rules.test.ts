// Tests of loading holdfast.yaml: rules of its own and of packs.
import { describe, expect, test } from '@jest/globals';

import { loaded, problemsOf, aFile, only } from '../../../test/fakes/configuration-kit.ts';

describe('rules of a configuration', () => {
  const withRules = (own: string, packs = '', country = 'RU') =>
    aFile({ top: `platform: { country: ${country} }\nrules: { packs: [${packs}], own: [${own}] }` });

  test('packs and own rules - hold for the stores they mean, the baseline always', () => {
    const own =
      '{ id: near, kind: residency, allowed: [RU], classes: [low] }, { id: two, kind: copies, copies: 2, stores: [payment-db] }';
    const [store] = loaded(withRules(own, 'ru-152-fz')).stores;

    expect(store!.rules.map(({ id, basis }) => `${id} ${basis}`)).toEqual([
      'baseline-encryption policy',
      'baseline-copies policy',
      'baseline-verification-age policy',
      'baseline-retention-window policy',
      'baseline-recovery-recipient policy',
      'ru-152-fz-residency law',
      'ru-152-fz-key-location policy',
      'two policy',
    ]);
  });

  test('own rule - is policy with ISO periods, whatever it says', () => {
    const own =
      '{ id: long, kind: retention-window, min: 30d, max: 10y, from: 2026-01-01, source: contract 7, text: Kept ten years at most. }';
    const rule = loaded(withRules(own)).stores[0]!.rules.find(({ id }) => id === 'long');

    expect(rule).toMatchObject({
      basis: 'policy',
      source: 'contract 7',
      effectiveFrom: '2026-01-01',
      params: { min: 'P30D', max: 'P10Y' },
    });
  });

  test('verifyWithin of the store - is the age that the baseline checks', () => {
    const rule = loaded(aFile({ store: ', verifyWithin: 10d' })).stores[0]!.rules.find(
      ({ id }) => id === 'baseline-verification-age',
    );

    expect(rule!.params).toEqual({ days: 10 });
  });

  test.each([
    [
      'a parameter of another kind',
      '{ id: x, kind: copies, copies: 2, min: 30d }',
      '"min" means nothing for a copies rule',
    ],
    ['a parameter missing', '{ id: x, kind: residency }', 'a residency rule needs "allowed"'],
    ['a window without ends', '{ id: x, kind: retention-window }', 'a retention-window rule needs "min" or "max"'],
    [
      'a name of the baseline',
      '{ id: baseline-copies, kind: copies, copies: 1 }',
      'rule names that begin with "baseline-" are reserved',
    ],
    ['an unknown store', '{ id: x, kind: copies, copies: 1, stores: [payment-bd] }', 'unknown store "payment-bd"'],
    [
      'a keep line beyond the maximum',
      '{ id: x, kind: retention-window, max: 10d }',
      'keep.daily of P30D is longer than rule "x" allows',
    ],
  ])('%s - refused', (_title, own, message) => {
    expect(problemsOf(withRules(own))[0]!.message).toBe(message);
  });

  test('location abroad - refused where the copies are named', () => {
    const text = withRules('', 'ru-152-fz').replace('path: /mnt/second, country: RU', 'path: /mnt/second, country: DE');

    expect(only(text)).toMatchObject({
      message: 'location "second" lies in DE, rule "ru-152-fz-residency" allows RU',
      path: 'services.payment.stores.payment-db.copies',
      line: 9,
    });
  });

  test('residency without the country of the platform, or with another - refused, because every backup would fail', () => {
    const without = aFile({ top: 'rules: { packs: [ru-152-fz] }' });

    expect(only(without).message).toBe(
      'platform.country is missing: rule "ru-152-fz-residency" of store "payment-db" asks where bytes rest on their way',
    );
    expect(only(withRules('', 'ru-152-fz', 'KZ')).message).toBe(
      'the platform stands in KZ, rule "ru-152-fz-residency" of store "payment-db" allows RU',
    );
  });

  test('minimum of a law beyond an own maximum - refused, naming both', () => {
    const own = '{ id: privacy, kind: retention-window, max: 1y }';

    expect(problemsOf(withRules(own, 'ru-accounting'))[0]!.message).toBe(
      'the minimum of rule "ru-402-fz-retention" lies after the maximum of rule "privacy"',
    );
  });

  test('seven years by policy without a yearly line - refused; with it taken', () => {
    expect(only(withRules('', 'policy-7y'))).toMatchObject({
      message: 'rule "policy-7y-retention" needs keep.yearly',
      cure: 'at least P7Y',
    });
    expect(
      loaded(aFile({ top: 'rules: { packs: [policy-7y] }', store: ', keep: { yearly: 7y }' })).stores,
    ).toHaveLength(1);
  });
});
