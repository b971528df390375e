// A stored dump: its table of contents, and its whole stream walked again while it is given out.

import { HoldfastError, hasErrorName } from '../../../domain/errors.ts';
import type { StoredEntry } from '../../../domain/entry.ts';
import type { PointReader } from '../../../ports/engine.ts';
import type { ArchiveHead } from '../../../protocols/postgresql/dump-archive.ts';
import { ArchiveWalker } from '../../../protocols/postgresql/dump-archive.ts';

/** Reads no further than the table of contents. @throws RestoreMismatch */
export async function readArchiveHead(reader: PointReader, entry: StoredEntry): Promise<ArchiveHead> {
  const walker = new ArchiveWalker();
  try {
    for await (const piece of reader.read(entry)) {
      walker.update(asBuffer(piece));
      if (walker.head) return walker.head;
    }
    return walker.finish();
  } catch (error) {
    throw asMismatch(error);
  }
}

/** Gives the archive out and throws at its end when it was not whole. @throws RestoreMismatch */
export async function* readArchive(reader: PointReader, entry: StoredEntry): AsyncGenerator<Buffer, void, undefined> {
  const walker = new ArchiveWalker();
  try {
    for await (const piece of reader.read(entry)) {
      const bytes = asBuffer(piece);
      walker.update(bytes);
      yield bytes;
    }
    walker.finish();
  } catch (error) {
    throw asMismatch(error);
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function asMismatch(error: unknown): unknown {
  if (!hasErrorName(error, 'DumpIncomplete')) return error;
  return new HoldfastError('RestoreMismatch', (error as Error).message, {}, { cause: error });
}
