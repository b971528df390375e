// Objects that hold no content (repository, wrapped keys, inventories): the common prefix followed by canonical JSON.

import { HoldfastError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { canonicalJson } from '../../domain/json.ts';
import type { ObjectKind } from './object-prefix.ts';
import { PREFIX_BYTES, checkPrefix, encodePrefix } from './object-prefix.ts';

/** Equal values give equal bytes, so that writing a document twice is writing it once. */
export function encodeDocument(kind: ObjectKind, value: unknown): Buffer {
  return Buffer.concat([encodePrefix(kind, 'plain'), Buffer.from(`${canonicalJson(value)}\n`, 'utf8')]);
}

/** @throws RepositoryFormatUnsupported, IntegrityViolation */
export function decodeDocument(bytes: Buffer, kind: ObjectKind, key: string): JsonObject {
  checkPrefix(bytes, kind, 'plain', key);
  return parseJsonObject(bytes.subarray(PREFIX_BYTES), key);
}

/** @throws IntegrityViolation */
export function parseJsonObject(bytes: Buffer, key: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new HoldfastError(
      'IntegrityViolation',
      `unable to parse object '${key}': it is not JSON`,
      { key },
      { cause: error },
    );
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new HoldfastError('IntegrityViolation', `unable to parse object '${key}': it is not a JSON object`, { key });
  }
  return value as JsonObject;
}
