// The private folders of attempts: where they lie, and how those go whose worker was killed before it could remove its own.

import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Platform } from '../ports/platform.ts';
import type { JobReference } from './job.ts';
import { workerName } from './start-job.ts';

/** Neither owner nor attempt has a dot in its name, so the three can be told apart again. */
const NAME = /^([^.]+)\.(.+)\.(\d+)$/;

export const scratchDirOf = (
  { staging }: Pick<Platform, 'staging'>,
  { owner, job, attempt }: JobReference & { readonly attempt: number },
): string => path.join(staging.directory, `${owner}.${job}.${attempt}`);

/**
 * Removes the folders that no worker holds any more: they have plaintext in them, and passwords for tools. To be called by the process
 * that drives the platform, because to any other one its workers are unknown. Returns how many went.
 */
export async function removeAbandonedScratch(platform: Pick<Platform, 'staging' | 'workers'>): Promise<number> {
  let removed = 0;
  for (const name of await readdir(platform.staging.directory)) {
    const [, owner, job, attempt] = NAME.exec(name) ?? [];
    if (owner === undefined || job === undefined) continue;
    if ((await platform.workers.probe(workerName({ owner, job }), Number(attempt))) === 'running') continue;
    await rm(path.join(platform.staging.directory, name), { recursive: true, force: true });
    removed++;
  }
  return removed;
}
