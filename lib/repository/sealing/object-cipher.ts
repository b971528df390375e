// The cipher of one sealed object: a key derived for it alone, committed to in its header, and sections bound to their place.

import { createCipheriv, createDecipheriv, createHash, hkdfSync, timingSafeEqual } from 'node:crypto';

import { HoldfastError } from '../../domain/errors.ts';
import type { IdSource } from '../../ports/id-source.ts';
import { ByteReader } from '../encoding/byte-reader.ts';
import { ByteWriter } from '../encoding/byte-writer.ts';
import type { ObjectKind } from '../encoding/object-prefix.ts';
import { OBJECT_KINDS, PREFIX_BYTES, checkPrefix, encodePrefix } from '../encoding/object-prefix.ts';
import type { DataKey } from './data-key.ts';

const CIPHER = 'aes-256-gcm';
const SUITE = 'AES-256-GCM';
const SALT_BYTES = 32;
const COMMITMENT_BYTES = 32;
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** What sealing adds to a section: initialisation vector and tag. */
export const SECTION_OVERHEAD_BYTES = IV_BYTES + TAG_BYTES;

/** Numbers are part of the format. */
export const SECTIONS = { segment: 1, block: 2, identifiers: 3, document: 4, trailer: 255 } as const;
export type Section = keyof typeof SECTIONS;

export const COMPRESSIONS = { none: 0, zstd: 1, gzip: 2 } as const;
export type Compression = keyof typeof COMPRESSIONS;

/** Which object this is: everything that must not be exchanged for another of the same kind. */
export interface ObjectIdentity {
  readonly kind: ObjectKind;
  /** Ordinal among the attempt's objects of this kind. */
  readonly number: number;
  /** Where it lies, for errors only: a copy lies elsewhere under the same key. */
  readonly key: string;
}

/** Facts about a section that stand outside it and are authenticated with it. */
export interface SectionFacts {
  readonly section: Section;
  readonly position: number;
  readonly rawLength: number;
  readonly compression: Compression;
}

export interface ObjectCipher {
  readonly header: Buffer;
  seal(facts: SectionFacts, payload: Uint8Array): SealedParts;
  /** @throws IntegrityViolation when a bit of it, its facts or its object is not what was sealed */
  open(facts: SectionFacts, sealed: Buffer | SealedParts): Buffer;
}

/** Initialisation vector, ciphertext and tag, in the order in which they are stored: not joined, because a join is a copy. */
export type SealedParts = readonly [iv: Buffer, ciphertext: Buffer, tag: Buffer];

export const headerBytesOf = (attempt: string): number =>
  PREFIX_BYTES + SALT_BYTES + COMMITMENT_BYTES + 4 + 1 + Buffer.byteLength(attempt);

export function newObjectCipher(identity: ObjectIdentity, dataKey: DataKey, ids: IdSource): ObjectCipher {
  const salt = ids.randomBytes(SALT_BYTES);
  const { key, commitment } = deriveObjectKey(identity, dataKey, salt);
  return cipherOf(identity, dataKey, encodeHeader(identity, dataKey, salt, commitment), key, ids);
}

/**
 * Opens the header of a stored object.
 *
 * @throws RepositoryFormatUnsupported for a foreign magic, version or suite; IntegrityViolation when another object lies here or
 * the key does not fit
 */
export function openObjectCipher(identity: ObjectIdentity, dataKey: DataKey, header: Buffer): ObjectCipher {
  const { key: where } = identity;
  checkPrefix(header, identity.kind, SUITE, where);
  const reader = new ByteReader(header, where, PREFIX_BYTES);
  const salt = reader.bytes(SALT_BYTES);
  const stored = reader.bytes(COMMITMENT_BYTES);
  const number = reader.u32();
  const attempt = reader.bytes(reader.u8()).toString('ascii');
  reader.end();
  if (number !== identity.number || attempt !== dataKey.attempt) {
    throw new HoldfastError(
      'IntegrityViolation',
      `unable to open object '${where}': it is another object of the repository`,
      { key: where },
    );
  }
  const { key, commitment } = deriveObjectKey(identity, dataKey, salt);
  if (!timingSafeEqual(stored, commitment)) {
    throw new HoldfastError(
      'IntegrityViolation',
      `unable to open object '${where}': its header does not belong to the attempt's key`,
      { key: where },
    );
  }
  return cipherOf(identity, dataKey, header, key);
}

/**
 * One derivation gives the object's key and a commitment to it: with both from HKDF over all that names the object, no second key
 * can be found that opens the same bytes to something else.
 */
function deriveObjectKey(
  identity: ObjectIdentity,
  dataKey: DataKey,
  salt: Buffer,
): { key: Buffer; commitment: Buffer } {
  const info = new ByteWriter(256)
    .text('holdfast/1/object')
    .u8(OBJECT_KINDS[identity.kind])
    .u32(identity.number)
    .text(dataKey.repository)
    .text(dataKey.attempt);
  const derived = Buffer.from(hkdfSync('sha256', dataKey.secret, salt, info.view(), KEY_BYTES + COMMITMENT_BYTES));
  return { key: derived.subarray(0, KEY_BYTES), commitment: derived.subarray(KEY_BYTES) };
}

function encodeHeader(identity: ObjectIdentity, dataKey: DataKey, salt: Buffer, commitment: Buffer): Buffer {
  const attempt = Buffer.from(dataKey.attempt, 'ascii');
  const header = new ByteWriter(256).bytes(encodePrefix(identity.kind, SUITE)).bytes(salt).bytes(commitment);
  return header.u32(identity.number).u8(attempt.length).bytes(attempt).copy();
}

function cipherOf(
  identity: ObjectIdentity,
  dataKey: DataKey,
  header: Buffer,
  key: Buffer,
  ids?: IdSource,
): ObjectCipher {
  const binding = createHash('sha256')
    .update(new ByteWriter(512).text('holdfast/1/binding').text(dataKey.repository).sized(header).view())
    .digest();
  return {
    header,
    seal: (facts, payload) => {
      if (ids === undefined)
        throw new HoldfastError('Internal', 'invariant broken: an opened object is never written to');
      // Random vectors are safe here: one derived key seals at most a few thousand sections.
      const iv = ids.randomBytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES });
      cipher.setAAD(associatedData(binding, facts));
      const sealed = cipher.update(payload);
      cipher.final();
      return [iv, sealed, cipher.getAuthTag()];
    },
    open: (facts, sealed) => {
      const { key: where } = identity;
      if (Buffer.isBuffer(sealed) && sealed.length < SECTION_OVERHEAD_BYTES) throw tampered(where, facts);
      const [iv, ciphertext, tag] = Buffer.isBuffer(sealed) ? partsOf(sealed) : sealed;
      const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(associatedData(binding, facts));
      decipher.setAuthTag(tag);
      const payload = decipher.update(ciphertext);
      try {
        decipher.final();
      } catch (error) {
        throw tampered(where, facts, error);
      }
      return payload;
    },
  };
}

const partsOf = (sealed: Buffer): SealedParts => [
  sealed.subarray(0, IV_BYTES),
  sealed.subarray(IV_BYTES, sealed.length - TAG_BYTES),
  sealed.subarray(sealed.length - TAG_BYTES),
];

/** Fixed length, so that no two sets of facts have one encoding. */
function associatedData(binding: Buffer, facts: SectionFacts): Buffer {
  const data = Buffer.allocUnsafe(binding.length + 10);
  binding.copy(data);
  let at = data.writeUInt8(SECTIONS[facts.section], binding.length);
  at = data.writeUInt32LE(facts.position, at);
  at = data.writeUInt32LE(facts.rawLength, at);
  data.writeUInt8(COMPRESSIONS[facts.compression], at);
  return data;
}

function tampered(key: string, facts: SectionFacts, cause?: unknown): HoldfastError {
  return new HoldfastError(
    'IntegrityViolation',
    `unable to open ${facts.section} ${String(facts.position)} of object '${key}': its bytes are not the ones that were sealed`,
    { key, section: facts.section, position: facts.position },
    { cause },
  );
}
