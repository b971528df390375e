// The tar reader against archives cut into every kind of piece, and against damage.
import { describe, expect, test } from '@jest/globals';

import { TarReader, type TarEntry } from './tar-reader.ts';

interface Sample {
  readonly name: string;
  readonly content?: string;
  readonly type?: string;
  readonly link?: string;
  /** Raw size field, for base-256. */
  readonly sizeField?: Buffer;
}

function header({ name, content = '', type = '0', link = '', sizeField }: Sample): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 100, 'latin1');
  block.write('0000600\0', 100);
  block.write('0000144\0', 108);
  block.write('0000145\0', 116);
  if (sizeField) block.set(sizeField, 124);
  else block.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  block.write('14567213540\0', 136);
  block.write(type, 156);
  block.write(link, 157);
  block.write('ustar\x0000', 257, 'latin1');
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function member(sample: Sample): Buffer {
  const content = Buffer.from(sample.content ?? '', 'latin1');
  return Buffer.concat([header(sample), content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

const END = Buffer.alloc(1024);

/** Gives the bytes in pieces of one reused buffer, as the driver does: a reader that keeps a view sees it change. */
function readerOf(bytes: Buffer, pieceBytes: number): TarReader {
  const shared = Buffer.alloc(pieceBytes);
  let offset = 0;
  return new TarReader(async () => {
    if (offset >= bytes.length) return undefined;
    const length = bytes.copy(shared, 0, offset, offset + pieceBytes);
    offset += length;
    return shared.subarray(0, length);
  });
}

async function readAll(reader: TarReader): Promise<(TarEntry & { readonly text: string })[]> {
  const found: (TarEntry & { readonly text: string })[] = [];
  for (let entry = await reader.next(); entry; entry = await reader.next()) {
    let text = '';
    for await (const view of reader.content()) text += view.toString('latin1');
    found.push({ ...entry, text });
  }
  return found;
}

const pax = (key: string, value: string): string => {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (`${length}${rest}`.length !== length) length = `${length}${rest}`.length;
  return `${length}${rest}`;
};

describe('tar reader', () => {
  test.each([1, 7, 512, 513, 100_000])('pieces of %i bytes - same entries, same content', async (pieceBytes) => {
    const archive = Buffer.concat([
      member({ name: 'base/', type: '5' }),
      member({ name: 'base/empty' }),
      member({ name: 'base/short', content: 'x' }),
      member({ name: 'base/block', content: 'y'.repeat(512) }),
      member({ name: 'base/long', content: 'z'.repeat(3000) }),
      member({ name: 'pg_tblspc/16410', type: '2', link: '/mnt/space' }),
      END,
    ]);

    const entries = await readAll(readerOf(archive, pieceBytes));

    expect(entries.map((entry) => [entry.path.toString(), entry.kind, entry.text])).toEqual([
      ['base', 'directory', ''],
      ['base/empty', 'file', ''],
      ['base/short', 'file', 'x'],
      ['base/block', 'file', 'y'.repeat(512)],
      ['base/long', 'file', 'z'.repeat(3000)],
      ['pg_tblspc/16410', 'symlink', ''],
    ]);
    expect(entries[5]?.linkTarget.toString()).toBe('/mnt/space');
    expect(entries[1]).toMatchObject({ mode: 0o600, uid: 100, gid: 101, mtimeNs: 1_708_988_256n * 1_000_000_000n });
  });

  test('content that nobody reads - is skipped', async () => {
    const reader = readerOf(
      Buffer.concat([member({ name: 'a', content: 'q'.repeat(1500) }), member({ name: 'b' }), END]),
      100,
    );

    expect((await reader.next())?.path.toString()).toBe('a');
    expect((await reader.next())?.path.toString()).toBe('b');
    expect(await reader.next()).toBeUndefined();
  });

  test('extended headers - path, size, link and time come from them, once', async () => {
    const longPath = `${'d'.repeat(150)}/${'f'.repeat(150)}`;
    const records = pax('path', longPath) + pax('mtime', '1700000000.000000001') + pax('uid', '70000');
    const archive = Buffer.concat([
      member({ name: 'PaxHeader', type: 'x', content: records }),
      member({ name: 'short', content: 'one' }),
      member({ name: '././@LongLink', type: 'L', content: `${longPath}2\0` }),
      member({ name: 'short', content: 'two' }),
      member({ name: 'plain' }),
      END,
    ]);

    const entries = await readAll(readerOf(archive, 64));

    expect(entries.map((entry) => entry.path.toString())).toEqual([longPath, `${longPath}2`, 'plain']);
    expect(entries[0]).toMatchObject({ text: 'one', uid: 70_000, mtimeNs: 1_700_000_000_000_000_001n });
    expect(entries[1]).toMatchObject({ text: 'two', uid: 100 });
  });

  test('size of 9 GiB - read from base-256 and from an extended header', async () => {
    const nineGibibytes = 9 * 1024 ** 3;
    const sizeField = Buffer.alloc(12);
    sizeField[0] = 0x80;
    sizeField.writeBigUInt64BE(BigInt(nineGibibytes), 4);

    const binary = await readerOf(header({ name: 'large', sizeField }), 512).next();
    const extended = readerOf(
      Buffer.concat([
        member({ name: 'p', type: 'x', content: pax('size', String(nineGibibytes)) }),
        header({ name: 'large' }),
      ]),
      512,
    );

    expect(binary?.sizeBytes).toBe(nineGibibytes);
    expect((await extended.next())?.sizeBytes).toBe(nineGibibytes);
  });

  test.each([
    ['no end mark', Buffer.concat([member({ name: 'a', content: 'abc' })])],
    ['one block of zeros only', Buffer.concat([member({ name: 'a' }), Buffer.alloc(512)])],
    ['cut in the content', member({ name: 'a', content: 'q'.repeat(2000) }).subarray(0, 1500)],
    ['cut in a header', Buffer.concat([member({ name: 'a' }), header({ name: 'b' }).subarray(0, 300)])],
    ['bytes after the end mark', Buffer.concat([member({ name: 'a' }), END, Buffer.from('more')])],
    ['nothing at all', Buffer.alloc(0)],
    [
      'a sparse file',
      Buffer.concat([
        member({ name: 'p', type: 'x', content: pax('GNU.sparse.major', '1') }),
        member({ name: 'a' }),
        END,
      ]),
    ],
    ['a device', Buffer.concat([member({ name: 'a', type: '3' }), END])],
    ['a broken extended header', Buffer.concat([member({ name: 'p', type: 'x', content: '99 path=a\n' }), END])],
  ])('%s - DumpIncomplete', async (_what, archive) => {
    await expect(readAll(readerOf(archive, 333))).rejects.toMatchObject({ name: 'DumpIncomplete' });
  });

  test('a flipped bit in any byte of a header - DumpIncomplete', async () => {
    const archive = Buffer.concat([member({ name: 'a', content: 'abc' }), END]);
    // The two bytes after the checksum's digits only end it.
    const bytes = Array.from({ length: 512 }, (_, byte) => byte).filter((byte) => byte !== 154 && byte !== 155);
    for (const byte of bytes) {
      const damaged = Buffer.from(archive);
      damaged[byte] = (damaged[byte] ?? 0) ^ 0x01;

      await expect(readAll(readerOf(damaged, 512))).rejects.toMatchObject({ name: 'DumpIncomplete' });
    }
  });
});
