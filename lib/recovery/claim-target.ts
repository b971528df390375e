// Claims a directory target for one recovery, so that a second attempt after a lost worker can go on: what the first attempt
// left is moved aside, never deleted, because somebody may have looked into it meanwhile.

import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { HoldfastError } from '../domain/errors.ts';

const CLAIM_SUFFIX = '.holdfast-restoring';
const ASIDE_MAX = 10;

/** @throws RestoreTargetNotEmpty when the target holds anything that this recovery did not put there */
export async function claimTarget(target: string, recoveryId: string): Promise<void> {
  const owner = await readFile(target + CLAIM_SUFFIX, 'utf8').catch(() => undefined);
  if (owner === recoveryId) return await moveAside(target);
  if (await hasContent(target)) {
    throw new HoldfastError('RestoreTargetNotEmpty', `unable to restore into '${target}': it is not empty`, { target });
  }
  await mkdir(path.dirname(target), { recursive: true });
  const claim = await open(target + CLAIM_SUFFIX, 'w', 0o600);
  try {
    await claim.writeFile(recoveryId);
    await claim.sync();
  } finally {
    await claim.close();
  }
}

export async function releaseTarget(target: string): Promise<void> {
  await rm(target + CLAIM_SUFFIX, { force: true });
}

async function moveAside(target: string): Promise<void> {
  if (!(await hasContent(target))) return;
  for (let n = 1; n <= ASIDE_MAX; n++) {
    const aside = `${target}.incomplete-${n}`;
    if (await exists(aside)) continue;
    return await rename(target, aside);
  }
  throw new HoldfastError(
    'RestoreTargetNotEmpty',
    `unable to restore into '${target}': ${ASIDE_MAX} unfinished attempts lie beside it`,
    { target },
  );
}

async function hasContent(target: string): Promise<boolean> {
  try {
    return (await readdir(target)).length > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return true;
    throw error;
  }
}

async function exists(target: string): Promise<boolean> {
  return await readdir(target).then(
    () => true,
    (error: unknown) => (error as NodeJS.ErrnoException).code !== 'ENOENT',
  );
}
