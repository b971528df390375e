// The mark of an unfinished restore, killed while it is written.

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { DirectoryHandle } from './directory-handle.ts';
import { placeMarker, readMarker, removeMarker } from './restore-marker.ts';
import { openTargetDirectory } from './restore-place.ts';
import { MARKER_DRAFT_NAME, MARKER_NAME } from './reserved-names.ts';

let target: string;
let root: DirectoryHandle;

beforeEach(() => {
  target = mkdtempSync(path.join(tmpdir(), 'holdfast-marker-'));
  root = DirectoryHandle.open(target);
});

afterEach(() => {
  root.close();
  rmSync(target, { recursive: true, force: true });
});

describe('restore marker', () => {
  it('placed, replaced, removed - is read back whole each time and leaves nothing', () => {
    for (const identity of ['first', 'second']) {
      placeMarker(root, { identity, madeTarget: true });

      expect(readMarker(root)).toEqual({ identity, madeTarget: true });
    }
    removeMarker(root);

    expect(readMarker(root)).toBeUndefined();
    expect(readdirSync(target)).toEqual([]);
  });

  it('killed while the mark was replaced - the earlier mark still tells whose remains these are', () => {
    placeMarker(root, { identity: 'first', madeTarget: true });
    writeFileSync(path.join(target, MARKER_DRAFT_NAME.toString()), '');

    expect(readMarker(root)).toEqual({ identity: 'first', madeTarget: true });
  });

  it('killed while the first mark was written - the target still counts as empty', async () => {
    writeFileSync(path.join(target, MARKER_DRAFT_NAME.toString()), '{"iden');

    const places = await openTargetDirectory(target, []);
    places.close();

    expect(readdirSync(target)).toEqual([MARKER_NAME.toString()]);
  });

  it('a foreign file beside the torn mark - the target is not empty', async () => {
    writeFileSync(path.join(target, MARKER_DRAFT_NAME.toString()), '');
    writeFileSync(path.join(target, 'precious'), 'yes');

    await expect(openTargetDirectory(target, [])).rejects.toMatchObject({ name: 'RestoreTargetNotEmpty' });
  });
});
