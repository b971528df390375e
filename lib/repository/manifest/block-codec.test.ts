import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { comparePaths } from '../../domain/entry.ts';
import { ByteWriter } from '../encoding/byte-writer.ts';
import { BlockDecoder, BlockEncoder } from './block-codec.ts';

function readAll(raw: Buffer): { path: Buffer; body: Buffer }[] {
  const decoder = new BlockDecoder(raw, 'k');
  const read = [];
  while (decoder.next()) read.push({ path: Buffer.from(decoder.path), body: Buffer.from(decoder.body) });
  return read;
}

const violation = expect.objectContaining({ name: 'IntegrityViolation' });

describe('manifest block', () => {
  test('any sorted paths - come back in order with their bodies', () => {
    const path = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes));
    const unique = fc.uniqueArray(path, { maxLength: 40, selector: (each) => each.toString('hex') });
    fc.assert(
      fc.property(unique, (paths) => {
        const entries = paths
          .sort(comparePaths)
          .map((each) => ({ path: each, body: Buffer.from(`body of ${each.toString('hex')}`) }));
        const encoder = new BlockEncoder();
        for (const { path: each, body } of entries) encoder.add(each, body);

        const { raw, entries: count } = encoder.take();

        expect(readAll(raw)).toEqual(entries);
        expect(count).toBe(entries.length);
      }),
    );
  });

  test('a second block of one encoder - can be read without the first', () => {
    const encoder = new BlockEncoder();
    encoder.add(Buffer.from('shared/a'), Buffer.from('1'));
    encoder.take();
    encoder.add(Buffer.from('shared/b'), Buffer.from('2'));

    expect(readAll(encoder.take().raw)).toEqual([{ path: Buffer.from('shared/b'), body: Buffer.from('2') }]);
  });

  test.each([
    ['the same path twice', ['a', 'a']],
    ['a path before its predecessor', ['b', 'a']],
    ['a directory after its content', ['a/b', 'a']],
  ])('%s - is refused', (_, paths) => {
    const writer = new ByteWriter();
    for (const path of paths) writer.varint(0).text(path).sized(Buffer.alloc(0));

    expect(() => readAll(writer.copy())).toThrow(violation);
  });

  test('a path that shares more than its predecessor has - is refused', () => {
    expect(() => readAll(new ByteWriter().varint(3).text('x').sized(Buffer.alloc(0)).copy())).toThrow(violation);
  });
});
