// The archive walker on archives written here, byte by byte, in the three versions that servers in use have.
import { describe, expect, test } from '@jest/globals';

import { ArchiveWalker } from './dump-archive.ts';

const integer = (value: number): Buffer => {
  const bytes = Buffer.alloc(5);
  bytes[0] = value < 0 ? 1 : 0;
  bytes.writeUInt32LE(Math.abs(value), 1);
  return bytes;
};
const text = (value: string | undefined): Buffer =>
  value === undefined ? integer(-1) : Buffer.concat([integer(Buffer.byteLength(value)), Buffer.from(value)]);

interface Options {
  readonly minor?: number;
  readonly isCompressed?: boolean;
  readonly blocks?: readonly Buffer[];
}

const ENTRIES = [
  {
    id: 3,
    hasData: true,
    tag: 'orders',
    description: 'TABLE DATA',
    copy: 'COPY shop.orders (id) FROM stdin;\n',
    needs: [2],
  },
  { id: 2, hasData: false, tag: 'orders', description: 'TABLE', copy: undefined, needs: [] },
  { id: 4, hasData: true, tag: 'BLOBS', description: 'BLOBS', copy: undefined, needs: [] },
];

function entryBytes({ id, hasData, tag, description, copy, needs }: (typeof ENTRIES)[number], minor: number): Buffer {
  return Buffer.concat([
    integer(id),
    integer(hasData ? 1 : 0),
    text('1259'),
    text('16384'),
    text(tag),
    text(description),
    integer(2),
    text('CREATE TABLE …'),
    text(undefined),
    text(copy),
    text('shop'),
    text(''),
    ...(minor >= 14 ? [text('heap')] : []),
    ...(minor >= 16 ? [integer(0x72)] : []),
    text('owner'),
    text('false'),
    ...needs.map((need) => text(String(need))),
    text(undefined),
    Buffer.alloc(9, 1),
  ]);
}

/** Rows in pieces, as the tool writes them, with its end mark. */
const rowsBlock = (id: number, pieces: readonly string[]): Buffer =>
  Buffer.concat([Buffer.from([1]), integer(id), ...pieces.flatMap((piece) => [text(piece)]), integer(0)]);
const blobsBlock = Buffer.concat([
  Buffer.from([3]),
  integer(4),
  integer(16_400),
  text('large object'),
  integer(0),
  integer(0),
]);
const ROWS = rowsBlock(3, ['1\n', '2\tx\\ny\n', '3\n', '\\.\n\n\n']);

function archive({ minor = 16, isCompressed = false, blocks = [ROWS, blobsBlock] }: Options = {}): Buffer {
  return Buffer.concat([
    Buffer.from('PGDMP'),
    Buffer.from([1, minor, 0, 4, 8, 1]),
    minor >= 15 ? Buffer.from([isCompressed ? 1 : 0]) : integer(isCompressed ? -1 : 0),
    ...[1, 2, 3, 4, 5, 126, 0].map(integer),
    text('shop'),
    text('17.10'),
    text('17.11'),
    integer(ENTRIES.length),
    ...ENTRIES.map((one) => entryBytes(one, minor)),
    ...blocks,
  ]);
}

function walk(bytes: Buffer, pieceBytes = 1000): ArchiveWalker {
  const walker = new ArchiveWalker();
  const shared = Buffer.alloc(pieceBytes);
  for (let offset = 0; offset < bytes.length; offset += pieceBytes) {
    const length = bytes.copy(shared, 0, offset, offset + pieceBytes);
    walker.update(shared.subarray(0, length));
  }
  walker.finish();
  return walker;
}

describe('archive walker', () => {
  test.each([13, 14, 15, 16])('version 1.%i in pieces of every size - entries and row counts', (minor) => {
    for (const pieceBytes of [1, 2, 5, 6, 7, 64, 10_000]) {
      const walker = walk(archive({ minor }), pieceBytes);

      expect(walker.head).toMatchObject({
        archiveVersion: `1.${minor}.0`,
        database: 'shop',
        serverVersion: '17.10',
        toolVersion: '17.11',
      });
      expect(
        walker.head?.entries.map((entry) => [
          entry.tag,
          entry.description,
          entry.namespace,
          entry.owner,
          entry.dependencies,
        ]),
      ).toEqual([
        ['orders', 'TABLE DATA', 'shop', 'owner', [2]],
        ['orders', 'TABLE', 'shop', 'owner', []],
        ['BLOBS', 'BLOBS', 'shop', 'owner', []],
      ]);
      expect(walker.rows).toEqual(new Map([[3, 3]]));
    }
  });

  test('trap 7 - cut at any byte - DumpIncomplete', () => {
    const whole = archive();
    for (let length = 0; length < whole.length; length++) {
      expect(() => walk(whole.subarray(0, length))).toThrow(expect.objectContaining({ name: 'DumpIncomplete' }));
    }
  });

  test.each([
    ['a block nobody announced', archive({ blocks: [rowsBlock(9, ['\\.\n\n\n'])] })],
    ['a block that comes twice', archive({ blocks: [ROWS, ROWS, blobsBlock] })],
    ['a block of an unknown kind', archive({ blocks: [Buffer.from([7]), integer(3)] })],
    ['rows without an end mark', archive({ blocks: [rowsBlock(3, ['1\n', '2\n']), blobsBlock] })],
    ['bytes after the last block', Buffer.concat([archive(), Buffer.from([0])])],
    ['another format', Buffer.concat([Buffer.from('PGDMP'), Buffer.from([1, 16, 0, 4, 8, 3]), archive().subarray(11)])],
    ['a version from the future', archive({ minor: 17 })],
    ['plain text', Buffer.from('-- PostgreSQL database dump\n')],
    ['nothing', Buffer.alloc(0)],
  ])('%s - DumpIncomplete', (_what, bytes) => {
    expect(() => walk(bytes)).toThrow(expect.objectContaining({ name: 'DumpIncomplete' }));
  });

  test('compressed data - walked, without counts', () => {
    const walker = walk(archive({ isCompressed: true, blocks: [rowsBlock(3, ['\u0001\u0002\u0003']), blobsBlock] }));

    expect(walker.head?.isCompressed).toBe(true);
    expect(walker.rows.size).toBe(0);
  });

  test('a row cut over many pieces - counted once, its end mark found', () => {
    const walker = walk(archive({ blocks: [rowsBlock(3, ['1', '\n', '\\', '.', '\n\n', '\n']), blobsBlock] }), 3);

    expect(walker.rows.get(3)).toBe(1);
  });
});
