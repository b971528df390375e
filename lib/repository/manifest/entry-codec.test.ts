import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { ENTRY_KINDS } from '../../domain/entry.ts';
import { ByteReader } from '../encoding/byte-reader.ts';
import { ByteWriter } from '../encoding/byte-writer.ts';
import type { ManifestEntry } from './content-run.ts';
import { decodeEntryBody, encodeEntryBody } from './entry-codec.ts';

const ATTEMPTS = ['own', 'earlier', 'oldest'];
const numbers = { numberOf: (attempt: string) => ATTEMPTS.indexOf(attempt) };
const names = { nameOf: (number: number) => ATTEMPTS[number] };

const bytes = fc.uint8Array({ maxLength: 40 }).map((value) => Buffer.from(value));
const instant = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n });
const ranges = fc
  .array(fc.tuple(fc.nat({ max: 100_000 }), fc.integer({ min: 1, max: 100_000 })), { maxLength: 5 })
  .map((gaps) => {
    let end = 0;
    return gaps.map(([gap, length]) => {
      const offset = end + gap;
      end = offset + length;
      return [offset, length] as const;
    });
  });
const run = fc.record({
  attempt: fc.constantFrom(...ATTEMPTS),
  firstChunk: fc.nat({ max: 2 ** 31 }),
  chunks: fc.integer({ min: 1, max: 1000 }),
});
const entry: fc.Arbitrary<ManifestEntry> = fc
  .record(
    {
      kind: fc.constantFrom(...ENTRY_KINDS),
      mode: fc.nat({ max: 0o7777 }),
      uid: fc.nat({ max: 0xffffffff }),
      gid: fc.nat({ max: 0xffffffff }),
      mtimeNs: instant,
      ctimeNs: instant,
      inode: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      linkTarget: bytes,
      xattrs: fc.array(fc.record({ name: bytes, value: bytes }), { maxLength: 4 }),
      deviceNumber: fc.maxSafeNat(),
      dataRanges: ranges,
      sizeBytes: fc.maxSafeNat(),
      sha256: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((value) => Buffer.from(value).toString('hex')),
      content: fc.array(run, { maxLength: 5 }),
    },
    { requiredKeys: ['kind', 'mode', 'uid', 'gid', 'mtimeNs', 'sizeBytes', 'content'] },
  )
  .map((fields) => ({ path: Buffer.from('p'), ...fields }));

describe('entry codec', () => {
  test('any entry - comes back with every field', () => {
    fc.assert(
      fc.property(entry, (written) => {
        const writer = new ByteWriter();
        encodeEntryBody(writer, written, numbers);

        const reader = new ByteReader(writer.copy(), 'k');

        expect(decodeEntryBody(reader, written.path, names)).toEqual(written);
        expect(reader.isAtEnd).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('any bytes - give an entry or a named error, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (foreign) => {
        try {
          decodeEntryBody(new ByteReader(Buffer.from(foreign), 'k'), Buffer.from('p'), names);
        } catch (error) {
          expect(error).toMatchObject({ name: 'IntegrityViolation' });
        }
      }),
      { numRuns: 500 },
    );
  });

  test('content of an attempt that the manifest does not name - is refused', () => {
    const writer = new ByteWriter();
    const written = {
      path: Buffer.from('p'),
      kind: 'file',
      mode: 0,
      uid: 0,
      gid: 0,
      mtimeNs: 0n,
      sizeBytes: 1,
    } as const;
    encodeEntryBody(
      writer,
      { ...written, content: [{ attempt: 'own', firstChunk: 0, chunks: 1 }] },
      { numberOf: () => 9 },
    );

    expect(() => decodeEntryBody(new ByteReader(writer.copy(), 'k'), written.path, names)).toThrow(
      expect.objectContaining({ name: 'IntegrityViolation' }),
    );
  });
});
