// What a dump or restore of a tree noticed on its way: counts, and warnings for people, bounded so that a bad tree cannot flood a record.

import { pathText } from '../../domain/entry.ts';
import { HoldfastError } from '../../domain/errors.ts';

const WARNINGS_MAX = 100;
/** Enough to find the file; a path may have four thousand bytes, and a record holds the warnings of all units. */
const SHOWN_CHARACTERS_MAX = 300;
const WARNING_BYTES_MAX = 32 * 1024;

/** The file went away or became something else between two looks at it: normal in a live tree. */
const GONE_CODES = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ESTALE'];
/** We may not look at it. Anything else (an I/O error, say) means that the source itself is broken. */
const DENIED_CODES = ['EACCES', 'EPERM', 'ENAMETOOLONG'];

export class Findings {
  files = 0;
  directories = 0;
  symlinks = 0;
  hardlinks = 0;
  others = 0;
  bytesRead = 0;
  reused = 0;
  excludedCount = 0;
  unreadableCount = 0;
  changedCount = 0;
  readonly #warnings: string[] = [];
  readonly #warningBytesMax: number;
  #warningBytes = 0;
  #suppressed = 0;

  constructor({ warningBytesMax }: { readonly warningBytesMax: number } = { warningBytesMax: WARNING_BYTES_MAX }) {
    this.#warningBytesMax = warningBytesMax;
  }

  warn(message: string, path?: Buffer): undefined {
    const text = path === undefined ? message : `${message}: ${shownPath(path)}`;
    const bytes = this.#warningBytes + Buffer.byteLength(text);
    if (this.#warnings.length >= WARNINGS_MAX || bytes > this.#warningBytesMax) this.#suppressed++;
    else {
      this.#warnings.push(text);
      this.#warningBytes = bytes;
    }
    return undefined;
  }

  changed(message: string, path: Buffer): undefined {
    this.changedCount++;
    return this.warn(message, path);
  }

  unreadable(path: Buffer, code: string): undefined {
    this.unreadableCount++;
    return this.warn(`unable to read (${code})`, path);
  }

  /** Runs a look at one entry. What is gone or denied is noted and gives undefined. @throws DumpIncomplete for any other failure */
  attempt<Result>(path: Buffer, look: () => Result): Result | undefined {
    try {
      return look();
    } catch (error) {
      const code = errorCode(error);
      if (GONE_CODES.includes(code)) return this.changed('vanished while the tree was read', path);
      if (DENIED_CODES.includes(code)) return this.unreadable(path, code);
      throw new HoldfastError(
        'DumpIncomplete',
        `unable to read '${shownPath(path)}': ${code}`,
        { code },
        { cause: error },
      );
    }
  }

  get warnings(): readonly string[] {
    return this.#suppressed === 0 ? this.#warnings : [...this.#warnings, `and ${this.#suppressed} more warnings`];
  }
}

export const errorCode = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown';

/** Control characters of a file name must not reach a terminal or a log line. */
export function shownPath(path: Buffer): string {
  const text = pathText(path.subarray(0, SHOWN_CHARACTERS_MAX)).replace(
    /\p{Cc}/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return path.length > SHOWN_CHARACTERS_MAX ? `${text}…` : text;
}
