import { createHash } from 'node:crypto';

import { describe, expect, test } from '@jest/globals';

import { ChunkIdentifier, digestOf } from './chunk-id.ts';

const KEY = Buffer.alloc(32, 7);

describe('chunk id', () => {
  test('a chunk - has the documented keyed hash as its id', () => {
    const content = Buffer.from('content');

    const id = new ChunkIdentifier(KEY).idOf(digestOf(content));

    const digest = createHash('sha256').update(content).digest();
    expect(id).toEqual(createHash('sha256').update(KEY).update(digest).digest());
  });

  test('equal content in two repositories - has unrelated ids', () => {
    const digest = digestOf(Buffer.from('content'));

    expect(new ChunkIdentifier(KEY).idOf(digest)).not.toEqual(new ChunkIdentifier(Buffer.alloc(32, 8)).idOf(digest));
  });

  test('a forgotten key - is overwritten', () => {
    const identifier = new ChunkIdentifier(KEY);
    const digest = digestOf(Buffer.from('content'));

    identifier.forget();

    expect(identifier.idOf(digest)).toEqual(new ChunkIdentifier(Buffer.alloc(32)).idOf(digest));
  });
});
