// When a change time can be trusted: a moment ago it cannot.

import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { ReadMoment } from './read-moment.ts';

const SECOND = 1_000_000_000n;

describe('moment of reading', () => {
  let folder = '';
  let now = 0n;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-moment-'));
    writeFileSync(join(folder, 'file'), '');
    utimesSync(join(folder, 'file'), 1, 1);
    now = statSync(join(folder, 'file'), { bigint: true }).ctimeNs;
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const isSettled = (ctimeNs: bigint): boolean => new ReadMoment(folder).isSettled({ ctimeNs } as BigIntStats);
  const odd = (ctimeNs: bigint): bigint => ctimeNs - (ctimeNs % SECOND) + 1n;

  test('file changed long before - settled', () => {
    expect(isSettled(odd(now - 60n * SECOND))).toBe(true);
  });

  test('file changed just now or later - not settled', () => {
    expect(isSettled(odd(now + 3600n * SECOND))).toBe(false);
    writeFileSync(join(folder, 'fresh'), '');
    expect(isSettled(statSync(join(folder, 'fresh'), { bigint: true }).ctimeNs)).toBe(false);
  });

  test('time stamp without fractions, a second ago - not settled, because the file system may count whole seconds', () => {
    const moment = new ReadMoment(folder);
    const wholeSecond = now - (now % SECOND);

    expect(moment.isSettled({ ctimeNs: wholeSecond } as BigIntStats)).toBe(false);
    expect(moment.isSettled({ ctimeNs: wholeSecond - 10n * SECOND } as BigIntStats)).toBe(true);
  });
});
