// Compression of one section: exactly one frame, one shot, bounded by the raw length that stands outside and is authenticated.

import {
  constants,
  gunzip,
  gunzipSync,
  gzip,
  createZstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib';
import { promisify } from 'node:util';

import { HoldfastError } from '../../domain/errors.ts';
import type { Compression } from './object-cipher.ts';

export interface CompressionChoice {
  readonly algorithm: Compression;
  readonly level: number;
}

const unzstdInPool = promisify(zstdDecompress);
const gzipInPool = promisify(gzip);
const gunzipInPool = promisify(gunzip);

const METADATA_LEVEL = 3;
const GZIP_LEVEL_MAX = 9;
const ZSTD_LEVEL_MAX = 19;
/** The largest window level 19 uses; a frame that asks for more memory is not ours. */
const ZSTD_WINDOW_LOG_MAX = 24;
const CHUNK_BYTES = 256 * 1024;
const PROBE_BYTES = 64 * 1024;
const PROBE_PIECES = 4;
/** Below three percent of saving, decompression costs more than the space is worth. */
const WORTHWHILE = 0.97;

/**
 * Compresses in the libuv pool, or answers `none` when that would save nothing.
 *
 * One-shot and with an explicit chunk size: the stream form needs a third more processor time with its 16 KiB default, and with
 * worker threads Node 24 truncates its output (nodejs/node#59899).
 */
export async function compress(
  raw: Buffer,
  choice: CompressionChoice,
): Promise<{ compression: Compression; payload: Buffer }> {
  if (choice.algorithm === 'none' || looksIncompressible(raw)) return { compression: 'none', payload: raw };
  const payload =
    choice.algorithm === 'zstd'
      ? await zstdInPool(raw, choice.level)
      : await gzipInPool(raw, gzipOptions(choice.level));
  return payload.length < raw.length
    ? { compression: choice.algorithm, payload }
    : { compression: 'none', payload: raw };
}

/**
 * One write that ends its frame, instead of `zlib.zstdCompress`: that one writes first and ends afterwards, so zstd does not know the
 * length, copies the input, and the answer comes in two pieces that are joined. Measured: a tenth less processor time, and a result
 * in one buffer that can be given back. The same bytes as `zstdCompressSync`, which a test holds.
 */
function zstdInPool(raw: Buffer, level: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const stream = createZstdCompress({ ...zstdOptions(level, raw.length), flush: constants.ZSTD_e_end });
    const pieces: Buffer[] = [];
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('error', reject);
    stream.write(raw, (error) => {
      if (error) return;
      // Never ended: an end would append an empty frame (nodejs/node#66078).
      stream.destroy();
      const [only] = pieces;
      resolve(pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces));
    });
  });
}

/** For metadata: always zstd, at once, on the calling thread. */
export function compressNow(raw: Buffer): { compression: Compression; payload: Buffer } {
  const payload = zstdCompressSync(raw, zstdOptions(METADATA_LEVEL, raw.length));
  return payload.length < raw.length ? { compression: 'zstd', payload } : { compression: 'none', payload: raw };
}

/**
 * Opens one frame in the libuv pool. Never gives out more than `rawLength` bytes, whatever the frame claims.
 *
 * @throws IntegrityViolation when the frame is not whole or not of that length
 */
export async function decompress(
  payload: Buffer,
  compression: Compression,
  rawLength: number,
  key: string,
): Promise<Buffer> {
  try {
    const raw =
      compression === 'none'
        ? payload
        : compression === 'zstd'
          ? await unzstdInPool(payload, unzstdOptions(rawLength))
          : await gunzipInPool(payload, boundedTo(rawLength));
    return demandLength(raw, rawLength, key);
  } catch (error) {
    throw asViolation(error, key);
  }
}

/** The same on the calling thread, for metadata. @throws IntegrityViolation */
export function decompressNow(payload: Buffer, compression: Compression, rawLength: number, key: string): Buffer {
  try {
    const raw =
      compression === 'none'
        ? payload
        : compression === 'zstd'
          ? zstdDecompressSync(payload, unzstdOptions(rawLength))
          : gunzipSync(payload, boundedTo(rawLength));
    return demandLength(raw, rawLength, key);
  } catch (error) {
    throw asViolation(error, key);
  }
}

/** Looks at 64 KiB from four places: noise, archives and media are stored as they are and cost no compression. */
function looksIncompressible(raw: Buffer): boolean {
  if (raw.length < PROBE_BYTES) return false;
  const piece = PROBE_BYTES / PROBE_PIECES;
  const step = (raw.length - piece) / (PROBE_PIECES - 1);
  const probe = Buffer.allocUnsafe(PROBE_BYTES);
  for (let i = 0; i < PROBE_PIECES; i++) {
    const start = Math.floor(i * step);
    raw.copy(probe, i * piece, start, start + piece);
  }
  return zstdCompressSync(probe, zstdOptions(1, PROBE_BYTES)).length > PROBE_BYTES * WORTHWHILE;
}

/** With room for the worst case zstd writes straight into the output and skips its own input buffer. */
const zstdOptions = (level: number, rawLength: number) => ({
  chunkSize: rawLength + (rawLength >>> 8) + 1024,
  params: {
    [constants.ZSTD_c_compressionLevel]: Math.min(Math.max(level, 1), ZSTD_LEVEL_MAX),
    // Without it a flipped literal inside a frame decodes to wrong data without an error.
    [constants.ZSTD_c_checksumFlag]: 1,
  },
});

const unzstdOptions = (rawLength: number) => ({
  ...boundedTo(rawLength),
  params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX },
});

const gzipOptions = (level: number) => ({
  chunkSize: CHUNK_BYTES,
  level: Math.min(Math.max(level, 1), GZIP_LEVEL_MAX),
});

const boundedTo = (rawLength: number) => ({
  chunkSize: Math.max(64, rawLength + 1),
  maxOutputLength: Math.max(1, rawLength),
});

function demandLength(raw: Buffer, rawLength: number, key: string): Buffer {
  if (raw.length !== rawLength) {
    throw new HoldfastError(
      'IntegrityViolation',
      `unable to decompress a section of object '${key}': its length is not the recorded one`,
      { key },
    );
  }
  return raw;
}

function asViolation(error: unknown, key: string): HoldfastError {
  if (error instanceof HoldfastError) return error;
  return new HoldfastError(
    'IntegrityViolation',
    `unable to decompress a section of object '${key}'`,
    { key },
    { cause: error },
  );
}
