// Folders that killed workers leave behind.

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { WorkerHost } from '../ports/worker-host.ts';
import { removeAbandonedScratch, scratchDirOf } from './scratch.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'holdfast-scratch-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function platformWith(running: readonly string[], state: 'gone' | 'unknown') {
  const probe: WorkerHost['probe'] = async (jobId, attempt) =>
    running.includes(`${jobId}#${attempt}`) ? 'running' : state;
  const workers: WorkerHost = { probe, start: async () => undefined, stop: async () => undefined };
  return { staging: { directory, country: 'RU' }, workers };
}

function leave(job: string, attempt: number): string {
  const folder = scratchDirOf(platformWith([], 'gone'), { owner: 'bkp_1', job, attempt });
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'plaintext'), 'secret');
  return path.basename(folder);
}

describe('removeAbandonedScratch', () => {
  it.each(['gone', 'unknown'] as const)('worker %s - its folder goes, that of a running one stays', async (state) => {
    leave('dump.0', 1);
    const busy = leave('dump.0', 2);
    leave('replicate.second', 1);

    const removed = await removeAbandonedScratch(platformWith(['bkp_1/dump.0#2'], state));

    expect(removed).toBe(2);
    expect(readdirSync(directory)).toEqual([busy]);
  });

  it('a name that is no attempt - is left alone', async () => {
    mkdirSync(path.join(directory, 'lost+found'));

    expect(await removeAbandonedScratch(platformWith([], 'gone'))).toBe(0);
    expect(readdirSync(directory)).toEqual(['lost+found']);
  });
});
