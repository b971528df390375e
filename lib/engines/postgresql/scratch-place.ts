// A folder for a server of our own, which goes away with everything in it, owned by a user as whom the server agrees to run.

import { chown, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

export interface ScratchPlace {
  readonly path: string;
  /** Set when we are root. */
  readonly owner: ServerUser | undefined;
}

const ROOT_UID = 0;
const NOBODY = 65_534;

export async function withScratchPlace<T>(parent: string, work: (place: ScratchPlace) => Promise<T>): Promise<T> {
  const path = join(parent, 'postgresql-test-restore');
  const owner = process.getuid?.() === ROOT_UID ? await serverUser() : undefined;
  await mkdir(path, { mode: 0o700 });
  try {
    if (owner) await chown(path, owner.uid, owner.gid);
    return await work({ path, owner });
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

/** Debian's user when there is one, otherwise "nobody", which every Linux has under this number. */
async function serverUser(): Promise<ServerUser> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const line = lines.find(([name]) => name === 'postgres');
  return line ? { uid: Number(line[2]), gid: Number(line[3]) } : { uid: NOBODY, gid: NOBODY };
}
