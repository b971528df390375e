import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

const violation = expect.objectContaining({ name: 'IntegrityViolation', facts: { key: 'k' } });

describe('byte writer and reader', () => {
  test('any values - come back as they were written', () => {
    const values = fc.record({
      whole: fc.maxSafeNat(),
      // Zigzag takes one bit.
      signed: fc.integer({ min: -(2 ** 51), max: 2 ** 51 }),
      bytes: fc.uint8Array({ maxLength: 300 }),
      text: fc.string({ unit: 'binary', maxLength: 50 }),
      u32: fc.nat({ max: 0xffffffff }),
    });
    fc.assert(
      fc.property(values, ({ whole, signed, bytes, text, u32 }) => {
        const writer = new ByteWriter(1).varint(whole).signed(signed).sized(bytes).text(text).u32(u32).u8(255);

        const reader = new ByteReader(writer.copy(), 'k');
        const read = [
          reader.varint(),
          reader.signed(),
          reader.sized(300),
          reader.text(1000),
          reader.u32(),
          reader.u8(),
        ];

        expect(read).toEqual([whole, signed, Buffer.from(bytes), text, u32, 255]);
        expect(() => reader.end()).not.toThrow();
      }),
    );
  });

  test('a length past the end - is refused before anything is read', () => {
    const bytes = new ByteWriter().varint(1000).bytes(Buffer.from('short')).copy();

    expect(() => new ByteReader(bytes, 'k').sized(2000)).toThrow(violation);
  });

  test('a length above what the format allows - is refused', () => {
    const bytes = new ByteWriter().sized(Buffer.alloc(11)).copy();

    expect(() => new ByteReader(bytes, 'k').sized(10)).toThrow(violation);
  });

  test('a number without an end - is refused', () => {
    expect(() => new ByteReader(Buffer.alloc(20, 0xff), 'k').varint()).toThrow(violation);
  });

  test('bytes behind the end - are refused', () => {
    expect(() => new ByteReader(Buffer.from([1]), 'k').end()).toThrow(violation);
  });

  test('a number that is not whole - is refused when it is written', () => {
    for (const wrong of [-1, 1.5, Number.NaN, 2 ** 53]) expect(() => new ByteWriter().varint(wrong)).toThrow('53 bits');
  });
});
