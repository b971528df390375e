// Opens a stored sealed object: header and trailer first, then single sections on demand. Nothing unauthenticated is given out.

import type { ObjectPin } from '../../domain/backup-record.ts';
import { HoldfastError } from '../../domain/errors.ts';
import { ByteReader } from '../encoding/byte-reader.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { releaseBuffer } from '../release-buffer.ts';
import { REPOSITORY_LIMITS } from '../repository-limits.ts';
import { differsFromPin, readRange, statPresent } from '../stored-objects.ts';
import { decompress, decompressNow } from './compression.ts';
import type { DataKey } from './data-key.ts';
import type { Compression, ObjectCipher, ObjectIdentity, SectionFacts } from './object-cipher.ts';
import { COMPRESSIONS, SECTION_OVERHEAD_BYTES, headerBytesOf, openObjectCipher } from './object-cipher.ts';
import { FOOTER_BYTES, FOOTER_MAGIC } from './sealed-object-builder.ts';

/** Where the bytes come from: a location, or a buffer that was read and hashed as a whole. */
export interface ByteSource {
  readonly key: string;
  readonly sizeBytes: number;
  read(offset: number, length: number): Promise<Buffer>;
}

export interface SealedObject {
  readonly key: string;
  /** Decompressed and authenticated. */
  readonly trailer: Buffer;
  /** Sections before the trailer; authenticated. */
  readonly sections: number;
  /** The bytes between header and trailer; the sections must fill them exactly. */
  readonly body: { readonly offset: number; readonly end: number };
  /** @throws IntegrityViolation */
  readSection(facts: SectionFacts, offset: number, length: number): Promise<Buffer>;
  /** The stored bytes of a section and, separately, their opening: for hashes over what is stored. */
  readStored(offset: number, length: number): Promise<Buffer>;
  openStored(facts: SectionFacts, stored: Buffer): Buffer;
}

/** An object at a location. Its size must be the pinned one. @throws CopyMissing, IntegrityViolation */
export async function storedSource(
  context: RepositoryContext,
  pin: Pick<ObjectPin, 'key' | 'sizeBytes'>,
): Promise<ByteSource> {
  const { sizeBytes } = await statPresent(context, pin.key);
  if (sizeBytes !== pin.sizeBytes) throw differsFromPin(context, pin.key);
  return { key: pin.key, sizeBytes, read: (offset, length) => readRange(context, pin.key, offset, length) };
}

export const bufferSource = (key: string, bytes: Buffer): ByteSource => ({
  key,
  sizeBytes: bytes.length,
  read: async (offset, length) => bytes.subarray(offset, offset + length),
});

/**
 * @throws RepositoryFormatUnsupported for a foreign magic, version or suite; IntegrityViolation when the object is cut short,
 * lengthened, changed or another one than `identity` says
 */
export async function openSealedObject(
  source: ByteSource,
  identity: ObjectIdentity,
  dataKey: DataKey,
): Promise<SealedObject> {
  const headerBytes = headerBytesOf(dataKey.attempt);
  const { key, sizeBytes } = source;
  if (sizeBytes < headerBytes + SECTION_OVERHEAD_BYTES + FOOTER_BYTES) throw cutShort(key);
  const cipher = openObjectCipher(identity, dataKey, await source.read(0, headerBytes));
  const tailBytes = Math.min(REPOSITORY_LIMITS.tailBytes, sizeBytes - headerBytes);
  const tail = await source.read(sizeBytes - tailBytes, tailBytes);
  const footer = parseFooter(tail.subarray(tail.length - FOOTER_BYTES), sizeBytes, key);
  const trailerOffset = sizeBytes - FOOTER_BYTES - footer.sealedLength;
  if (footer.sealedLength < SECTION_OVERHEAD_BYTES || trailerOffset < headerBytes) throw cutShort(key);
  const sealedTrailer =
    footer.sealedLength + FOOTER_BYTES <= tail.length
      ? tail.subarray(tail.length - FOOTER_BYTES - footer.sealedLength, tail.length - FOOTER_BYTES)
      : await source.read(trailerOffset, footer.sealedLength);
  const { trailer, sections } = openTrailer(cipher, footer, sealedTrailer, key);
  return {
    key,
    trailer,
    sections,
    body: { offset: headerBytes, end: trailerOffset },
    readStored: (offset, length) => source.read(offset, length),
    openStored: (facts, stored) => decompressNow(cipher.open(facts, stored), facts.compression, facts.rawLength, key),
    readSection: async (facts, offset, length) => {
      const payload = cipher.open(facts, await source.read(offset, length));
      const raw = await decompress(payload, facts.compression, facts.rawLength, key);
      if (raw !== payload) releaseBuffer(payload);
      return raw;
    },
  };
}

interface Footer {
  readonly sealedLength: number;
  readonly rawLength: number;
  readonly compression: Compression;
}

function parseFooter(bytes: Buffer, sizeBytes: number, key: string): Footer {
  const reader = new ByteReader(bytes, key);
  const sealedLength = reader.u32();
  const rawLength = reader.u32();
  const compression = compressionOf(reader.u8(), key);
  const padding = reader.bytes(3);
  const wholeLength = reader.u32() + reader.u32() * 2 ** 32;
  if (
    !reader.bytes(FOOTER_MAGIC.length).equals(FOOTER_MAGIC) ||
    wholeLength !== sizeBytes ||
    !padding.equals(Buffer.alloc(3))
  )
    throw cutShort(key);
  if (sealedLength > REPOSITORY_LIMITS.trailerBytesMax || rawLength > REPOSITORY_LIMITS.trailerBytesMax) {
    throw new HoldfastError(
      'IntegrityViolation',
      `unable to open object '${key}': its trailer is larger than the format allows`,
      { key },
    );
  }
  return { sealedLength, rawLength, compression };
}

/** A trailer begins with the number of sections before it, so that none can be missing. */
function openTrailer(
  cipher: ObjectCipher,
  footer: Footer,
  sealed: Buffer,
  key: string,
): { trailer: Buffer; sections: number } {
  const facts: SectionFacts = {
    section: 'trailer',
    position: 0,
    rawLength: footer.rawLength,
    compression: footer.compression,
  };
  const trailer = decompressNow(cipher.open(facts, sealed), footer.compression, footer.rawLength, key);
  const reader = new ByteReader(trailer, key);
  const sections = reader.u32();
  return { trailer: trailer.subarray(reader.position), sections };
}

/** @throws IntegrityViolation */
export function compressionOf(number: number, key: string): Compression {
  const found = (Object.keys(COMPRESSIONS) as Compression[]).find((name) => COMPRESSIONS[name] === number);
  if (found === undefined)
    throw new HoldfastError('IntegrityViolation', `unable to read object '${key}': unknown compression`, { key });
  return found;
}

function cutShort(key: string): HoldfastError {
  return new HoldfastError('IntegrityViolation', `unable to open object '${key}': it is cut short or not whole`, {
    key,
  });
}
