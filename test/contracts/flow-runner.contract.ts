// The contract of the flow runner port: flow cases that every adapter plays, and later a foreign engine for what it can do.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, test } from '@jest/globals';

import { controlCases } from './flow-runner/control-cases.ts';
import { dataCases } from './flow-runner/data-cases.ts';
import { errorCases } from './flow-runner/error-cases.ts';
import { fanOutCases } from './flow-runner/fan-out-cases.ts';
import { playCase, type FlowCase, type Need, type OpenRunner } from './flow-runner/flow-case.ts';

export const flowCases: readonly FlowCase[] = [...dataCases, ...errorCases, ...fanOutCases, ...controlCases];

/** Runs every case that the engine can play; what it lacks is said, so that nothing is left out silently. */
export function flowRunnerContract(name: string, open: OpenRunner, lacks: readonly Need[] = []): void {
  describe(`flow runner contract: ${name}`, () => {
    const playable = flowCases.filter((flowCase) => !flowCase.needs.some((need) => lacks.includes(need)));
    test.each(playable)('$title', async (flowCase) => {
      await inFolder(async (folder) => await playCase(flowCase, open, folder));
    });
  });
}

/** Commits are counted here, not timed: where there is a disk in memory, nothing waits for a real one. */
const FOLDERS = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(FOLDERS, 'holdfast-flows-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
