// Lets a server run as a user who may run it: PostgreSQL refuses root, so root hands its folders to an unprivileged user.
import { chmodSync, chownSync, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** The user to start servers as, or undefined to start them as ourselves. 65534 is "nobody" on every Linux. */
export function serverUser(): ServerUser | undefined {
  return process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;
}

/** Gives a folder with all its contents to the server's user, and makes the way to it passable. */
export function giveToServer(folder: string): void {
  const user = serverUser();
  if (user === undefined) {
    return;
  }
  chownSync(folder, user.uid, user.gid);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // Links are left as they are: what they point to may be anything.
    if (!lstatSync(path).isSymbolicLink()) {
      chownSync(path, user.uid, user.gid);
    }
  }
  makePassable(folder);
}

/** Folders from mkdtemp are closed to others; below the system's temporary folder they are ours to open for passing. */
function makePassable(folder: string): void {
  const temporary = realpathSync(tmpdir());
  for (let parent = dirname(realpathSync(folder)); parent !== dirname(parent); parent = dirname(parent)) {
    const mode = statSync(parent).mode;
    const isPassable = (mode & 0o001) !== 0;
    if (!isPassable && !parent.startsWith(`${temporary}/`)) {
      throw new Error(
        `the server's user cannot enter '${parent}': choose a folder below '${temporary}' for the server`,
      );
    }
    if (!isPassable) {
      chmodSync(parent, mode | 0o011);
    }
  }
}
