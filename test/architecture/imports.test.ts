// Proves the import rules: each one rejects its wrong example, none rejects the right one, and the cruiser really saw the tree.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { cruise } from '../../scripts/checks/cruise.ts';
import { readFloors } from '../../scripts/floors.ts';
import { repositoryRoot } from '../../scripts/repository-root.ts';

interface ImportRule {
  readonly name: string;
  readonly comment: string;
}

const { forbidden: rules } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
  forbidden: readonly ImportRule[];
};
const violations = join(import.meta.dirname, 'violations');

describe('import rules', () => {
  test.concurrent.each(rules)('$name rejects its wrong example', async ({ name }) => {
    const outcome = await cruise(join(violations, name));

    const fired = outcome.violations.map((violation) => violation.rule);
    expect(fired).toContain(name);
    // A wrong example that breaks other rules too would not show which one is switched off.
    const alsoUnresolvable = name === 'sdk-only-at-the-edge' ? ['not-to-unresolvable'] : [];
    expect(fired.filter((rule) => rule !== name)).toEqual(alsoUnresolvable);
  });

  test('every wrong example belongs to a rule', () => {
    const names = rules.map((rule) => rule.name);

    expect(readdirSync(violations).sort()).toEqual([...names].sort());
  });

  test('every rule gives its reason', () => {
    const silent = rules.filter((rule) => rule.comment.length < 40).map((rule) => rule.name);

    expect(silent).toEqual([]);
  });

  test('a tree built as the layers allow passes', async () => {
    const outcome = await cruise(join(import.meta.dirname, 'accepted'));

    expect(outcome.violations).toEqual([]);
    expect(outcome.modulesSeen).toBeGreaterThanOrEqual(19);
  });

  // Whether the real tree passes is the import check's verdict; here only that it is not blind.
  test('the real tree is really seen', async () => {
    const outcome = await cruise(repositoryRoot);

    expect(outcome.modulesSeen).toBeGreaterThanOrEqual(readFloors().files['imports'] ?? 1);
  });
});
