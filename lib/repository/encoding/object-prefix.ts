// The first twelve bytes of every stored object: magic, format version, kind and suite. Nothing is read past them before they fit.

import { HoldfastError } from '../../domain/errors.ts';

export const MAGIC = Buffer.from('HOLDFAST', 'ascii');
export const FORMAT_VERSION = 1;
export const PREFIX_BYTES = 12;

/** Numbers are part of the format: they are added to, never changed. */
export const OBJECT_KINDS = { repository: 1, keys: 2, pack: 3, index: 4, manifest: 5, point: 6, inventory: 7 } as const;
export type ObjectKind = keyof typeof OBJECT_KINDS;

/** 0 is for objects that hold no content; 2 is kept for ChaCha20-Poly1305 and 255 for an external certified cipher. */
export const SUITES = { plain: 0, 'AES-256-GCM': 1 } as const;
export type Suite = keyof typeof SUITES;

export function encodePrefix(kind: ObjectKind, suite: Suite): Buffer {
  return Buffer.concat([MAGIC, Buffer.from([FORMAT_VERSION, OBJECT_KINDS[kind], SUITES[suite], 0])]);
}

/**
 * Checks the prefix of an object that should be of one kind and suite.
 *
 * @throws RepositoryFormatUnsupported when this is not our object or not a version or suite we read; IntegrityViolation when it is
 * ours, but another kind lies at this key.
 */
export function checkPrefix(bytes: Buffer, kind: ObjectKind, suite: Suite, key: string): void {
  const found = parsePrefix(bytes, key);
  if (found.kind !== kind) {
    throw new HoldfastError(
      'IntegrityViolation',
      `unable to read object '${key}': it is of kind '${found.kind}', not '${kind}'`,
      { key },
    );
  }
  if (found.suite !== suite) {
    throw unsupported(key, `its suite is '${found.suite}', not '${suite}'`);
  }
}

/** @throws RepositoryFormatUnsupported */
export function parsePrefix(bytes: Buffer, key: string): { readonly kind: ObjectKind; readonly suite: Suite } {
  if (bytes.length < PREFIX_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw unsupported(key, 'it does not begin as ours do');
  const [version, kindNumber, suiteNumber, reserved] = bytes.subarray(MAGIC.length, PREFIX_BYTES);
  if (version !== FORMAT_VERSION) throw unsupported(key, `its format version is ${String(version)}`, version);
  const kind = nameOf(OBJECT_KINDS, kindNumber);
  const suite = nameOf(SUITES, suiteNumber);
  if (kind === undefined || suite === undefined || reserved !== 0)
    throw unsupported(key, 'its kind or suite is unknown');
  return { kind, suite };
}

function nameOf<T extends string>(table: Readonly<Record<T, number>>, wanted: number | undefined): T | undefined {
  return (Object.keys(table) as T[]).find((name) => table[name] === wanted);
}

function unsupported(key: string, reason: string, version?: number): HoldfastError {
  return new HoldfastError('RepositoryFormatUnsupported', `unable to read object '${key}': ${reason}`, {
    key,
    version,
  });
}
