// Walks the WAL of a restored data directory from the backup's start to its end, as the server's recovery is going to.

import { open } from 'node:fs/promises';
import { join } from 'node:path';

import { HoldfastError, hasErrorName } from '../../../domain/errors.ts';
import type { UnitFacts } from '../../../domain/backup-record.ts';
import { parseLsn, segmentName, segmentStart } from '../../../protocols/postgresql/lsn.ts';
import { WalVerifier } from '../../../protocols/postgresql/wal-verifier.ts';
import { WAL_FOLDER } from './layout.ts';

const READ_BYTES = 512 * 1024;

/** @throws RestoreMismatch when a segment is missing or a record would stop recovery before the backup's end */
export async function verifyRestoredWal(
  dataDirectory: string,
  facts: UnitFacts,
): Promise<{ readonly segments: number; readonly records: number }> {
  const { startLsn, endLsn, timeline, systemIdentifier, walSegmentBytes } = facts.details;
  const range = {
    startLsn: parseLsn(String(startLsn)),
    timeline: Number(timeline),
    systemIdentifier: String(systemIdentifier),
    segmentBytes: Number(walSegmentBytes),
  };
  const end = parseLsn(String(endLsn));
  const verifier = new WalVerifier(range);
  let segments = 0;
  try {
    for (let lsn = segmentStart(range.startLsn, range.segmentBytes); lsn < end; lsn += BigInt(range.segmentBytes)) {
      const left = end - lsn;
      const bytes = left < BigInt(range.segmentBytes) ? Number(left) : range.segmentBytes;
      await feed(
        verifier,
        join(dataDirectory, WAL_FOLDER, segmentName(range.timeline, lsn, range.segmentBytes)),
        bytes,
      );
      segments++;
    }
    return { segments, records: verifier.finish(end) };
  } catch (error) {
    if (!hasErrorName(error, 'DumpIncomplete')) throw error;
    throw new HoldfastError('RestoreMismatch', (error as Error).message, {}, { cause: error });
  }
}

async function feed(verifier: WalVerifier, path: string, bytes: number): Promise<void> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new HoldfastError(
      'RestoreMismatch',
      'a segment of the write-ahead log is missing',
      { path },
      { cause: error },
    );
  });
  try {
    for (let done = 0; done < bytes;) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(READ_BYTES, bytes - done), done);
      if (bytesRead === 0)
        throw new HoldfastError('RestoreMismatch', 'a segment of the write-ahead log is too short', { path });
      verifier.update(buffer.subarray(0, bytesRead));
      done += bytesRead;
    }
  } finally {
    await file.close();
  }
}
