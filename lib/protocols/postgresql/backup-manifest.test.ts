// The server's manifest: its own checksum, encoded paths, and everything that must be refused.
import { createHash } from 'node:crypto';

import { describe, expect, test } from '@jest/globals';

import { parseManifest, pathKey } from './backup-manifest.ts';

const SHA = 'a'.repeat(64);
const FILE = `{ "Path": "PG_VERSION", "Size": 3, "Last-Modified": "2026-11-20 10:00:00 GMT", "Checksum-Algorithm": "SHA256", "Checksum": "${SHA}" }`;
const ENCODED = `{ "Encoded-Path": "6261ff", "Size": 0, "Last-Modified": "2026-11-20 10:00:00 GMT", "Checksum-Algorithm": "SHA256", "Checksum": "${SHA}" }`;

interface Parts {
  readonly version?: number;
  readonly identifier?: string;
  readonly files?: readonly string[];
  readonly ranges?: string;
}

function manifest({
  version = 2,
  identifier = '"System-Identifier": 7710278392035922555,\n',
  files = [FILE, ENCODED],
  ranges = '{ "Timeline": 1, "Start-LSN": "0/2000028", "End-LSN": "0/2000100" }',
}: Parts = {}): Buffer {
  const body = `{ "PostgreSQL-Backup-Manifest-Version": ${version},\n${identifier}"Files": [\n${files.join(',\n')}\n],\n"WAL-Ranges": [\n${ranges}\n],\n`;
  const sum = createHash('sha256').update(body).digest('hex');
  return Buffer.from(`${body}"Manifest-Checksum": "${sum}"}\n`);
}

describe('backup manifest', () => {
  test('a whole manifest - files, ranges and the identifier to its last digit', () => {
    const parsed = parseManifest(manifest());

    expect(parsed.systemIdentifier).toBe('7710278392035922555');
    expect(parsed.files.get('PG_VERSION')).toEqual({ sizeBytes: 3, sha256: SHA });
    expect(parsed.files.has(pathKey(Buffer.from([0x62, 0x61, 0xff])))).toBe(true);
    expect(parsed.walRanges).toEqual([{ timeline: 1, startLsn: 0x2000028n, endLsn: 0x2000100n }]);
  });

  test('version 1 (PostgreSQL 15, 16) - has no identifier', () => {
    expect(parseManifest(manifest({ version: 1, identifier: '' })).systemIdentifier).toBeUndefined();
  });

  test('any changed byte - DumpIncomplete', () => {
    const good = manifest();
    for (let byte = 0; byte < good.length - 1; byte += 3) {
      const damaged = Buffer.from(good);
      damaged[byte] = (damaged[byte] ?? 0) ^ 0x04;

      expect(() => parseManifest(damaged)).toThrow(expect.objectContaining({ name: 'DumpIncomplete' }));
    }
  });

  test('cut at any line - DumpIncomplete', () => {
    const lines = manifest().toString().split('\n');
    for (let kept = 0; kept < lines.length - 2; kept++) {
      expect(() => parseManifest(Buffer.from(lines.slice(0, kept).join('\n')))).toThrow(
        expect.objectContaining({ name: 'DumpIncomplete' }),
      );
    }
  });

  test.each([
    ['a newer version', manifest({ version: 3 })],
    ['another checksum algorithm', manifest({ files: [FILE.replace('SHA256', 'CRC32C')] })],
    ['a file listed twice', manifest({ files: [FILE, FILE] })],
    ['no write-ahead log', manifest({ ranges: '' })],
  ])('%s - DumpIncomplete', (_what, bytes) => {
    expect(() => parseManifest(bytes)).toThrow(expect.objectContaining({ name: 'DumpIncomplete' }));
  });
});
