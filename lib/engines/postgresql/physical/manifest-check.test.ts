// Files against the manifest: every kind of difference is found and named.
import { describe, expect, test } from '@jest/globals';

import type { BackupManifest } from '../../../protocols/postgresql/backup-manifest.ts';
import { assertMatchesManifest } from './manifest-check.ts';

const file = (sizeBytes: number, sha256: string) => ({ sizeBytes, sha256 });
const FILES: [string, { sizeBytes: number; sha256: string }][] = [
  ['PG_VERSION', file(3, 'aa')],
  ['base/1/1259', file(8192, 'bb')],
  ['empty', file(0, 'cc')],
];
const manifest: BackupManifest = { systemIdentifier: '1', files: new Map(FILES), walRanges: [] };

describe('files and manifest', () => {
  test('equal - the number of files', () => {
    expect(assertMatchesManifest(manifest, new Map(FILES), 'DumpIncomplete')).toBe(3);
  });

  test.each([
    ['one missing', FILES.slice(1), { missing: 1, extra: 0, different: 0 }],
    ['an empty one missing', FILES.slice(0, 2), { missing: 1, extra: 0, different: 0 }],
    ['one more', [...FILES, ['x', file(0, 'cc')]], { missing: 0, extra: 1, different: 0 }],
    ['another size', [...FILES.slice(1), ['PG_VERSION', file(4, 'aa')]], { missing: 0, extra: 0, different: 1 }],
    ['another hash', [...FILES.slice(1), ['PG_VERSION', file(3, 'ab')]], { missing: 0, extra: 0, different: 1 }],
    ['none at all', [], { missing: 3, extra: 0, different: 0 }],
  ] as [string, typeof FILES, object][])('%s - named', (_what, seen, facts) => {
    expect(() => assertMatchesManifest(manifest, new Map(seen), 'RestoreMismatch')).toThrow(
      expect.objectContaining({ name: 'RestoreMismatch', facts }),
    );
  });
});
