// Looks for what a restore over an existing tree may not replace, before the first byte is written: a directory where the recovery
// point has a file or the reverse. Replacing those would delete what is not in the recovery point.

import { lstatSync } from 'node:fs';

import { HoldfastError } from '../../domain/errors.ts';
import { shownPath } from './findings.ts';
import { isWanted } from './restore-check.ts';
import { onTarget } from './restore-errors.ts';
import type { UnitRestore } from './restore-write.ts';
import { TreeCursor } from './tree-cursor.ts';

/** @throws RestoreTargetNotEmpty naming the first conflict, UnsafePath when a directory of the tree is a symlink now */
export async function refuseConflicts({ plan, root, turns }: UnitRestore): Promise<void> {
  const cursor = new TreeCursor(root);
  try {
    for await (const entry of plan.unit.entries()) {
      if (!isWanted(entry, plan.selection)) continue;
      const place = await onTarget(entry.path, () => cursor.find(entry.path));
      const stat = place && lstatSync(place.directory.child(place.name), { throwIfNoEntry: false });
      if (stat !== undefined && stat.isDirectory() !== (entry.kind === 'directory')) {
        const message = `unable to restore '${shownPath(entry.path)}' in place: ${stat.isDirectory() ? 'a directory' : 'no directory'} stands there`;
        throw new HoldfastError('RestoreTargetNotEmpty', message, { unit: plan.unit.unit });
      }
      const turn = turns.take();
      if (turn !== undefined) await turn;
    }
  } finally {
    cursor.close();
  }
}
