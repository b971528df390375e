// The id source. Ids sort by the time they were made and are never reused.

export interface IdSource {
  /** `<prefix>_<26 characters, lower-case base32, time first>`; unique across processes. */
  next(prefix: string): string;
  /** Cryptographically random bytes. */
  randomBytes(length: number): Buffer;
}
