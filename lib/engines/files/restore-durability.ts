// Brings a restored tree to the disk. One syncfs writes everything back at once and reports failed writes; an fsync per file would cost
// a disk flush each, minutes for a tree of small files. Where syncfs cannot be called, the slow way is the only honest one.

import { closeSync, constants, fsyncSync, openSync } from 'node:fs';

import { onTarget } from './restore-errors.ts';
import { contentEntries } from './restore-write.ts';
import type { UnitRestore } from './restore-write.ts';
import { TreeCursor } from './tree-cursor.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

export async function makeDurable(restore: UnitRestore): Promise<void> {
  const path = restore.root.childForOthers(Buffer.from('.'));
  const errno = (await restore.calls?.make([{ kind: 'sync', path }]))?.[0]?.errno;
  if (errno !== 0) await syncEach(restore);
}

async function syncEach({ plan, root, turns }: UnitRestore): Promise<void> {
  const cursor = new TreeCursor(root);
  try {
    for await (const { entry, path } of contentEntries(plan)) {
      const place = cursor.find(path);
      const isSyncable = entry.kind === 'file' || entry.kind === 'directory';
      if (place !== undefined && isSyncable) await onTarget(path, () => syncOne(place.directory.child(place.name)));
      const turn = turns.take();
      if (turn !== undefined) await turn;
    }
    root.sync();
  } finally {
    cursor.close();
  }
}

function syncOne(path: Buffer): void {
  const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
