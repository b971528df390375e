// The documents that a person relies on: every path they name exists, every proof they claim stands in the tests, nothing is left out.

import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { repositoryRoot } from '../../scripts/repository-root.ts';

const TRAPS = 56;
/** Proofs that the parts built so far give; a page that lost its proofs must not pass. */
const PROVEN_TRAPS_MIN = 30;

const read = (file: string): string => readFileSync(path.join(repositoryRoot, file), 'utf8');
const cells = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
const rows = (file: string, pattern: RegExp): string[][] =>
  read(file)
    .split('\n')
    .filter((line) => pattern.test(line))
    .map(cells);

/** Undefined when `\`file\` "words"` is true. */
function proofFault(proof: string): string | undefined {
  const claims = [...proof.matchAll(/`([^`]+)` "([^"]+)"/g)];
  if (claims.length === 0) return `no \`file\` "words" in: ${proof}`;
  for (const [, file = '', words = ''] of claims) {
    if (!existsSync(path.join(repositoryRoot, file))) return `no file ${file}`;
    if (!read(file).includes(words)) return `${file} does not say "${words}"`;
  }
  return undefined;
}

describe('docs/traps.md', () => {
  const traps = rows('docs/traps.md', /^\| \d+ \|/);

  it('all traps - each once, in order', () => {
    expect(traps.map(([number]) => Number(number))).toEqual(Array.from({ length: TRAPS }, (_, n) => n + 1));
  });

  it('every proof - names a test that is there', () => {
    const faults = traps
      .filter(([, , , proof]) => proof !== 'not yet')
      .map(([number, , , proof = '']) => [number, proofFault(proof)]);

    expect(faults.filter(([, fault]) => fault !== undefined)).toEqual([]);
    expect(faults.length).toBeGreaterThanOrEqual(PROVEN_TRAPS_MIN);
  });

  it('every trap without proof - says what is not built', () => {
    for (const [number, , rule, proof] of traps)
      if (proof === 'not yet') expect(`${number} ${rule}`).toContain('not built');
  });
});

describe('docs/requirements.md', () => {
  const requirements = rows('docs/requirements.md', /^\| [A-L]\d+ \|/);
  const counts: Readonly<Record<string, number>> = {
    A: 8,
    B: 15,
    C: 11,
    D: 7,
    E: 4,
    F: 6,
    G: 3,
    H: 4,
    I: 4,
    J: 4,
    K: 5,
    L: 7,
  };

  it('all requirements - each once', () => {
    const wanted = Object.entries(counts).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, n) => `${letter}${n + 1}`),
    );

    expect(requirements.map(([id]) => id)).toEqual(wanted);
  });

  it('every path that a row names - exists', () => {
    const missing = requirements.flatMap(([id, ...others]) =>
      others
        .flatMap((cell) => [...cell.matchAll(/`([\w./-]+\/[\w./-]*)`/g)].map(([, file = '']) => [id, file]))
        .filter(([, file]) => !existsSync(path.join(repositoryRoot, file ?? ''))),
    );

    expect(missing).toEqual([]);
  });

  it('every row that claims something - names where it is built and where it is tested', () => {
    for (const [id, , state = '', built, tested] of requirements) {
      expect(state).toMatch(/^(built|part: .+|not yet)$/);
      if (state === 'not yet') continue;
      expect([id, built?.includes('`'), tested?.includes('`')]).toEqual([id, true, true]);
    }
  });
});

describe('README.md and docs', () => {
  it('every relative link - leads to a file', () => {
    for (const file of ['README.md', 'docs/architecture.md', 'docs/repository-format.md']) {
      const links = [...read(file).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) =>
        path.join(path.dirname(file), link),
      );

      expect(links.filter((link) => !existsSync(path.join(repositoryRoot, link)))).toEqual([]);
    }
  });
});
