// Every case of the contract fails a deliberately broken runner, and every broken runner is noticed by some case.

import { describe, expect, test } from '@jest/globals';

import { flowCases, inFolder } from '../flow-runner.contract.ts';
import { brokenRunners } from './broken-runners.ts';
import { playCase } from './flow-case.ts';

/** A broken runner may hang; real time, because the case's own time hangs with it. */
const HANG_MILLISECONDS = 5000;

describe('flow runner contract', () => {
  const pairs = flowCases.flatMap((flowCase) =>
    flowCase.killedBy.map((broken) => ({ flowCase, title: flowCase.title, broken })),
  );

  test.each(pairs)('a runner that $broken - fails: $title', async ({ flowCase, broken }) => {
    await inFolder(async (folder) => {
      await expect(orHang(playCase(flowCase, brokenRunners[broken], folder))).rejects.toThrow();
    });
  });

  test('no broken runner is left unnoticed', () => {
    const noticed = new Set<string>(pairs.map(({ broken }) => broken));

    expect(Object.keys(brokenRunners).filter((broken) => !noticed.has(broken))).toEqual([]);
  });

  test('no two cases have the same title', () => {
    const titles = flowCases.map((flowCase) => flowCase.title);

    expect(new Set(titles).size).toBe(titles.length);
  });
});

async function orHang(play: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const hang = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the runner hangs')), HANG_MILLISECONDS);
  });
  try {
    await Promise.race([play, hang]);
  } finally {
    clearTimeout(timer);
  }
}
