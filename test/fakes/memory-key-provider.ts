// A key provider that keeps its keys in memory: AES-256-GCM with the context as associated data, versions, and faults on demand.

import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';

import { HoldfastError } from '../../lib/domain/errors.ts';
import { canonicalJson } from '../../lib/domain/json.ts';
import type { KeyContext, KeyProvider, WrappedKey } from '../../lib/ports/key-provider.ts';

export interface MemoryKeyProvider extends KeyProvider {
  /** From now on every call throws KeyUnavailable, until switched on again. */
  setEnabled(isEnabled: boolean): void;
  /** Destroys one version: what it wrapped can never be opened again. */
  destroy(version: number): void;
  readonly calls: { wrap: number; unwrap: number };
}

/** Two providers with one seed are one provider; another seed cannot unwrap. */
export function memoryKeyProvider(
  seed = 'key',
  options: { provider?: string; country?: string } = {},
): MemoryKeyProvider {
  const provider = options.provider ?? 'memory';
  const keyId = `key-${createHash('sha256').update(`id/${seed}`).digest('hex').slice(0, 16)}`;
  const destroyed = new Set<number>();
  const calls = { wrap: 0, unwrap: 0 };
  let newest = 1;
  let wrapped = 0;
  let isEnabled = true;
  const keyOf = (version: number): Buffer =>
    createHash('sha256')
      .update(`${seed}/${String(version)}`)
      .digest();
  const assertEnabled = (): void => {
    if (!isEnabled) throw new HoldfastError('KeyUnavailable', `unable to use key '${keyId}'`, { keyId });
  };
  return {
    provider,
    calls,
    setEnabled: (value) => {
      isEnabled = value;
    },
    destroy: (version) => {
      destroyed.add(version);
    },
    describe: async () => ({
      keyId,
      keyVersion: newest,
      country: options.country ?? 'RU',
      createdAt: '2026-01-01T00:00:00.000Z',
      isEnabled,
    }),
    wrap: async (dataKey, context) => {
      assertEnabled();
      calls.wrap += 1;
      wrapped += 1;
      const iv = createHash('sha256')
        .update(`${seed}/iv/${String(wrapped)}/${canonicalJson(context)}`)
        .digest()
        .subarray(0, 12);
      const cipher = createCipheriv('aes-256-gcm', keyOf(newest), iv);
      cipher.setAAD(Buffer.from(canonicalJson(context)));
      const sealed = Buffer.concat([iv, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
      return { provider, keyId, keyVersion: newest, wrapped: sealed.toString('base64') };
    },
    unwrap: async (key: WrappedKey, context: KeyContext) => {
      assertEnabled();
      calls.unwrap += 1;
      const refused = new HoldfastError('KeyUnwrapFailed', `unable to unwrap a key of '${key.keyId}'`, {
        keyId: key.keyId,
      });
      if (destroyed.has(key.keyVersion) || key.provider !== provider) throw refused;
      try {
        const sealed = Buffer.from(key.wrapped, 'base64');
        const decipher = createDecipheriv('aes-256-gcm', keyOf(key.keyVersion), sealed.subarray(0, 12));
        decipher.setAAD(Buffer.from(canonicalJson(context)));
        decipher.setAuthTag(sealed.subarray(-16));
        return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
      } catch {
        throw refused;
      }
    },
    rotate: async () => {
      newest += 1;
      return newest;
    },
  };
}
