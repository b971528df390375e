// The recovery key: a second way into every backup that depends on no server. The platform keeps only its public half.

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { HoldfastError } from '../domain/errors.ts';
import { canonicalJson } from '../domain/json.ts';
import type { IdSource } from '../ports/id-source.ts';
import type { KeyContext, KeyProvider, WrappedKey } from '../ports/key-provider.ts';
import type { KeyRecipient } from '../ports/platform.ts';
import { decodeBase32, encodeBase32 } from './encoding/base32.ts';

export const RECOVERY_PROVIDER = 'recovery';

const KEY_BYTES = 32;
const CHECKSUM_BYTES = 8;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';
/** Both name their version: another way of wrapping gets another prefix. */
const PUBLIC_PREFIX = 'holdfast-recovery-1:';
const PRINTED_PREFIX = 'HFRK1';
const GROUP_CHARACTERS = 4;
/** Base32 of key and checksum: 40 bytes, a whole number of groups, so nothing is left over to ignore. */
const PRINTED_CHARACTERS = 64;
/** What stands before 32 raw bytes in the DER forms of an X25519 key (RFC 8410). */
const PRIVATE_DER = Buffer.from('302e020100300506032b656e04220420', 'hex');
const PUBLIC_DER = Buffer.from('302a300506032b656e032100', 'hex');

export interface GeneratedRecoveryKey {
  /** Public half, to be kept in the configuration: it only wraps. */
  readonly recipient: string;
  /** Private half, to be printed once and locked away. */
  readonly printed: string;
}

export function generateRecoveryKey(ids: IdSource): GeneratedRecoveryKey {
  const raw = ids.randomBytes(KEY_BYTES);
  try {
    const publicRaw = rawPublic(createPublicKey(privateFrom(raw)));
    return { recipient: PUBLIC_PREFIX + publicRaw.toString('base64url'), printed: printPrivate(raw) };
  } finally {
    raw.fill(0);
  }
}

/** The recipient that wraps every data key a second time. @throws InvalidConfiguration */
export function recipientFrom(publicText: string): KeyRecipient {
  const text = publicText.trim();
  const raw = Buffer.from(text.slice(PUBLIC_PREFIX.length), 'base64url');
  if (!text.startsWith(PUBLIC_PREFIX) || raw.length !== KEY_BYTES) {
    throw new HoldfastError(
      'InvalidConfiguration',
      `unable to read the recovery recipient: it does not look like '${PUBLIC_PREFIX}…'`,
    );
  }
  const keyId = keyIdOf(raw);
  return {
    keyId,
    wrap: async (dataKey, context) => wrapFor({ publicKey: publicFrom(raw), publicRaw: raw, keyId }, dataKey, context),
  };
}

/**
 * Opens what was wrapped for the recovery key. Wraps nothing: who holds the printed key restores, and does not write.
 *
 * @throws InvalidRequest when the key was mistyped
 */
export function recoveryKeyProvider(printed: string): KeyProvider {
  const raw = parsePrinted(printed);
  const privateKey = privateFrom(raw);
  raw.fill(0);
  const publicRaw = rawPublic(createPublicKey(privateKey));
  const keyId = keyIdOf(publicRaw);
  const unwilling = async (): Promise<never> => {
    throw new HoldfastError('KeyUnavailable', 'unable to wrap with a recovery key: it only opens', { keyId });
  };
  return {
    provider: RECOVERY_PROVIDER,
    describe: async () => ({ keyId, keyVersion: 1, country: undefined, createdAt: '', isEnabled: true }),
    wrap: unwilling,
    rotate: unwilling,
    unwrap: async (wrapped, context) => unwrapWith({ privateKey, publicRaw, keyId }, wrapped, context),
  };
}

/**
 * X25519 with a key pair made for this wrapping alone, HKDF-SHA-256, AES-256-GCM: the scheme of RFC 9180 in its plainest form. The
 * derived key is used once, so its initialisation vector is derived with it.
 */
function wrapFor(
  to: { publicKey: KeyObject; publicRaw: Buffer; keyId: string },
  dataKey: Uint8Array,
  context: KeyContext,
): WrappedKey {
  const ephemeral = generateKeyPairSync('x25519');
  const ephemeralRaw = rawPublic(ephemeral.publicKey);
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: to.publicKey });
  const { key, iv } = deriveWrappingKey(shared, ephemeralRaw, to.publicRaw);
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(canonicalJson(context), 'utf8'));
  const wrapped = Buffer.concat([ephemeralRaw, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
  key.fill(0);
  return { provider: RECOVERY_PROVIDER, keyId: to.keyId, keyVersion: 1, wrapped: wrapped.toString('base64') };
}

function unwrapWith(
  own: { privateKey: KeyObject; publicRaw: Buffer; keyId: string },
  wrapped: WrappedKey,
  context: KeyContext,
): Buffer {
  const bytes = Buffer.from(wrapped.wrapped, 'base64');
  try {
    const ephemeralRaw = bytes.subarray(0, KEY_BYTES);
    const shared = diffieHellman({ privateKey: own.privateKey, publicKey: publicFrom(ephemeralRaw) });
    const { key, iv } = deriveWrappingKey(shared, ephemeralRaw, own.publicRaw);
    const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(canonicalJson(context), 'utf8'));
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    const dataKey = decipher.update(bytes.subarray(KEY_BYTES, bytes.length - TAG_BYTES));
    decipher.final();
    return dataKey;
  } catch (error) {
    // One answer for a wrong key, a wrong context and changed bytes: nobody learns which it was.
    throw new HoldfastError(
      'KeyUnwrapFailed',
      `unable to unwrap with recovery key '${own.keyId}'`,
      { keyId: own.keyId },
      { cause: error },
    );
  }
}

function deriveWrappingKey(shared: Buffer, ephemeralRaw: Buffer, recipientRaw: Buffer): { key: Buffer; iv: Buffer } {
  const derived = Buffer.from(
    hkdfSync(
      'sha256',
      shared,
      Buffer.concat([ephemeralRaw, recipientRaw]),
      'holdfast/1/recovery',
      KEY_BYTES + IV_BYTES,
    ),
  );
  shared.fill(0);
  return { key: derived.subarray(0, KEY_BYTES), iv: derived.subarray(KEY_BYTES) };
}

function printPrivate(raw: Buffer): string {
  const text = encodeBase32(Buffer.concat([raw, checksumOf(raw)]));
  const groups = text.match(new RegExp(`.{1,${String(GROUP_CHARACTERS)}}`, 'g')) ?? [];
  return [PRINTED_PREFIX, ...groups].join('-');
}

/** Case, spaces and dashes do not matter, nor O for 0 and I or L for 1. @throws InvalidRequest */
function parsePrinted(printed: string): Buffer {
  const text = printed.replaceAll(/[\s-]/g, '');
  if (text.slice(0, PRINTED_PREFIX.length).toUpperCase() !== PRINTED_PREFIX) {
    throw new HoldfastError('InvalidRequest', `unable to read the recovery key: it begins with '${PRINTED_PREFIX}'`);
  }
  const body = text.slice(PRINTED_PREFIX.length);
  const bytes = decodeBase32(body);
  if (body.length !== PRINTED_CHARACTERS || bytes?.length !== KEY_BYTES + CHECKSUM_BYTES) {
    throw new HoldfastError(
      'InvalidRequest',
      'unable to read the recovery key: it has sixteen groups of four characters, no U among them',
    );
  }
  const raw = Buffer.from(bytes.subarray(0, KEY_BYTES));
  if (!checksumOf(raw).equals(bytes.subarray(KEY_BYTES))) {
    throw new HoldfastError(
      'InvalidRequest',
      'unable to read the recovery key: a character is mistyped, its checksum does not fit',
    );
  }
  return raw;
}

const checksumOf = (raw: Buffer): Buffer =>
  createHash('sha256').update('holdfast/1/recovery-checksum').update(raw).digest().subarray(0, CHECKSUM_BYTES);

const keyIdOf = (publicRaw: Buffer): string =>
  `recovery-${createHash('sha256').update(publicRaw).digest('hex').slice(0, 16)}`;

const privateFrom = (raw: Buffer): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PRIVATE_DER, raw]), format: 'der', type: 'pkcs8' });
const publicFrom = (raw: Buffer): KeyObject =>
  createPublicKey({ key: Buffer.concat([PUBLIC_DER, raw]), format: 'der', type: 'spki' });
const rawPublic = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES);
