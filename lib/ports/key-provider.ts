// The key provider port: wraps data keys with a key that never leaves it (KMS, Vault, HSM, a key file).

/** Bound to the wrapped key as associated data; unwrapping with another context fails. */
export type KeyContext = Readonly<Record<string, string>>;

export interface WrappedKey {
  /** Provider kind, for example `key-file`, `recovery`, `aws-kms`. */
  readonly provider: string;
  readonly keyId: string;
  readonly keyVersion: number;
  /** Base64. */
  readonly wrapped: string;
}

export interface KeyDescription {
  readonly keyId: string;
  readonly keyVersion: number;
  /** ISO 3166 alpha-2 of where the key lives; undefined when it cannot be told. */
  readonly country: string | undefined;
  readonly createdAt: string;
  readonly isEnabled: boolean;
}

export interface KeyProvider {
  readonly provider: string;
  describe(): Promise<KeyDescription>;
  /** Wraps with the newest version. @throws KeyUnavailable */
  wrap(dataKey: Uint8Array, context: KeyContext): Promise<WrappedKey>;
  /**
   * Opens a key wrapped by any version that still exists.
   * @throws KeyUnwrapFailed (wrong key, context or bytes: one error for all, no oracle), KeyUnavailable
   */
  unwrap(wrapped: WrappedKey, context: KeyContext): Promise<Buffer>;
  /** Makes a new version that wraps from now on; older ones still unwrap. Returns its number. */
  rotate(): Promise<number>;
}
