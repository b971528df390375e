// Reads a tar stream piece by piece: entries in order, content as views of the pieces, nothing collected but headers.

import { HoldfastError } from '../../domain/errors.ts';

export interface TarEntry {
  readonly path: Buffer;
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
  readonly sizeBytes: number;
  readonly linkTarget: Buffer;
}

const BLOCK_BYTES = 512;
/** Long names and extended headers; a path is at most 4 KiB, attributes could be more. */
const EXTENDED_BYTES_MAX = 1024 * 1024;
const NANOSECONDS = 1_000_000_000n;

const KIND_BY_TYPE: Readonly<Record<string, TarEntry['kind']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '5': 'directory',
};

/** Fields that an extended header or a long-name entry sets for the entry after it. */
interface Overrides {
  path?: Buffer;
  linkTarget?: Buffer;
  sizeBytes?: number;
  mtimeNs?: bigint;
  uid?: number;
  gid?: number;
}

/**
 * Pull entries with `next()`; read an entry's content with `content()` before the next entry, or it is skipped.
 *
 * @throws DumpIncomplete when the stream is cut short or no tar
 */
export class TarReader {
  readonly #pull: () => Promise<Buffer | undefined>;
  readonly #header = Buffer.alloc(BLOCK_BYTES);
  #piece: Buffer = Buffer.alloc(0);
  #contentLeft = 0;
  #paddingLeft = 0;
  #isEnded = false;

  /** @param pull gives the next piece, valid until the next call; undefined at the end of the archive */
  constructor(pull: () => Promise<Buffer | undefined>) {
    this.#pull = pull;
  }

  /** The next entry; undefined once the archive was ended properly, by two blocks of zeros. */
  async next(): Promise<TarEntry | undefined> {
    const overrides: Overrides = {};
    while (!this.#isEnded) {
      await this.#skip(this.#contentLeft + this.#paddingLeft);
      await this.#readHeader();
      if (isZero(this.#header)) {
        await this.#readTail();
        return undefined;
      }
      const type = String.fromCharCode(this.#header[156] ?? 0);
      const isExtension = 'xgLK'.includes(type);
      const headerBytes = numberField(this.#header, 124, 12);
      const sizeBytes = isExtension ? headerBytes : (overrides.sizeBytes ?? headerBytes);
      this.#contentLeft = sizeBytes;
      this.#paddingLeft = paddingOf(sizeBytes);
      if (isExtension) await this.#readExtension(type, sizeBytes, overrides);
      else return this.#entry(type, sizeBytes, overrides);
    }
    return undefined;
  }

  /** The current entry's bytes; each view is valid until the next one is asked for. */
  async *content(): AsyncGenerator<Buffer, void, undefined> {
    while (this.#contentLeft > 0) {
      const view = await this.#take(this.#contentLeft);
      this.#contentLeft -= view.length;
      yield view;
    }
  }

  #entry(type: string, sizeBytes: number, overrides: Overrides): TarEntry {
    const kind = KIND_BY_TYPE[type];
    if (!kind) throw new HoldfastError('DumpIncomplete', `unable to read the archive: entry type '${type}'`);
    if (kind !== 'file') {
      // Links and folders carry no content, whatever their size field says.
      this.#contentLeft = 0;
      this.#paddingLeft = 0;
    }
    return {
      path: trimSlash(overrides.path ?? headerPath(this.#header)),
      kind,
      mode: numberField(this.#header, 100, 8) & 0o7777,
      uid: overrides.uid ?? numberField(this.#header, 108, 8),
      gid: overrides.gid ?? numberField(this.#header, 116, 8),
      mtimeNs: overrides.mtimeNs ?? BigInt(numberField(this.#header, 136, 12)) * NANOSECONDS,
      sizeBytes: kind === 'file' ? sizeBytes : 0,
      linkTarget: overrides.linkTarget ?? textField(this.#header, 157, 100),
    };
  }

  async #readExtension(type: string, sizeBytes: number, overrides: Overrides): Promise<void> {
    if (sizeBytes > EXTENDED_BYTES_MAX)
      throw new HoldfastError('DumpIncomplete', `unable to read the archive: ${sizeBytes} bytes of header`);
    const bytes = Buffer.alloc(sizeBytes);
    let filled = 0;
    for await (const view of this.content()) {
      bytes.set(view, filled);
      filled += view.length;
    }
    if (type === 'L') overrides.path = untilNul(bytes);
    if (type === 'K') overrides.linkTarget = untilNul(bytes);
    if (type === 'x') Object.assign(overrides, parsePax(bytes));
  }

  async #readHeader(): Promise<void> {
    let filled = 0;
    while (filled < BLOCK_BYTES) {
      const view = await this.#take(BLOCK_BYTES - filled);
      this.#header.set(view, filled);
      filled += view.length;
    }
    if (!isZero(this.#header)) assertChecksum(this.#header);
  }

  /** The second block of zeros and whatever padding follows. Anything else after the end is not ours to ignore. */
  async #readTail(): Promise<void> {
    await this.#readHeader();
    if (!isZero(this.#header)) throw new HoldfastError('DumpIncomplete', 'the archive goes on after its end mark');
    this.#isEnded = true;
    let rest: Buffer | undefined = this.#piece;
    while (rest !== undefined) {
      if (!isZero(rest)) throw new HoldfastError('DumpIncomplete', 'the archive goes on after its end mark');
      rest = await this.#pull();
    }
  }

  async #skip(bytes: number): Promise<void> {
    let left = bytes;
    while (left > 0) left -= (await this.#take(left)).length;
    this.#contentLeft = 0;
    this.#paddingLeft = 0;
  }

  /** At least one and at most `bytesMax` bytes of what comes next. */
  async #take(bytesMax: number): Promise<Buffer> {
    while (this.#piece.length === 0) {
      const piece = await this.#pull();
      if (piece === undefined) throw new HoldfastError('DumpIncomplete', 'the archive ends in the middle');
      this.#piece = piece;
    }
    const view = this.#piece.subarray(0, bytesMax);
    this.#piece = this.#piece.subarray(view.length);
    return view;
  }
}

const paddingOf = (sizeBytes: number): number => (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;

const isZero = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0);

function assertChecksum(header: Buffer): void {
  let sum = 0;
  // The checksum field itself counts as blanks.
  for (let i = 0; i < BLOCK_BYTES; i++) sum += i >= 148 && i < 156 ? 0x20 : (header[i] ?? 0);
  if (sum !== numberField(header, 148, 8))
    throw new HoldfastError('DumpIncomplete', 'unable to read the archive: a header checksum is wrong');
}

/** Octal text, or base-256 when the first bit is set (sizes from 8 GiB, GNU). */
function numberField(header: Buffer, offset: number, length: number): number {
  const first = header[offset] ?? 0;
  if ((first & 0x80) === 0) {
    const text = header
      .toString('latin1', offset, offset + length)
      .replace(/\0.*$/s, '')
      .trim();
    const value = text === '' ? 0 : /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
    if (!Number.isSafeInteger(value))
      throw new HoldfastError('DumpIncomplete', `unable to read the archive: number '${text}'`);
    return value;
  }
  let value = BigInt(first & 0x7f);
  for (let i = 1; i < length; i++) value = (value << 8n) | BigInt(header[offset + i] ?? 0);
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new HoldfastError('DumpIncomplete', 'unable to read the archive: a number is too large');
  return Number(value);
}

function headerPath(header: Buffer): Buffer {
  const name = textField(header, 0, 100);
  const isUstar = header.toString('latin1', 257, 262) === 'ustar';
  // GNU archives ("ustar  ") use the prefix field for other things.
  const prefix = isUstar && header[262] === 0 ? textField(header, 345, 155) : Buffer.alloc(0);
  return prefix.length > 0 ? Buffer.concat([prefix, Buffer.from('/'), name]) : name;
}

const textField = (header: Buffer, offset: number, length: number): Buffer =>
  untilNul(header.subarray(offset, offset + length));

/** A copy, because headers and pieces are filled again. */
function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return Buffer.from(end === -1 ? bytes : bytes.subarray(0, end));
}

function trimSlash(path: Buffer): Buffer {
  const start = path.length > 1 && path[0] === 0x2e && path[1] === 0x2f ? 2 : 0;
  let end = path.length;
  while (end > start && path[end - 1] === 0x2f) end--;
  return path.subarray(start, end);
}

/** Records of `length key=value\n`, where the length counts the whole record. */
function parsePax(bytes: Buffer): Overrides {
  const overrides: Overrides = {};
  let offset = 0;
  while (offset < bytes.length) {
    const blank = bytes.indexOf(0x20, offset);
    const length = blank === -1 ? Number.NaN : Number(bytes.toString('latin1', offset, blank));
    const equals = bytes.indexOf(0x3d, offset);
    const isWhole = Number.isSafeInteger(length) && length > 0 && offset + length <= bytes.length && equals > blank;
    if (!isWhole) throw new HoldfastError('DumpIncomplete', 'unable to read the archive: an extended header is broken');
    applyPax(overrides, bytes.toString('utf8', blank + 1, equals), bytes.subarray(equals + 1, offset + length - 1));
    offset += length;
  }
  return overrides;
}

function applyPax(overrides: Overrides, key: string, value: Buffer): void {
  if (key === 'path') overrides.path = Buffer.from(value);
  if (key === 'linkpath') overrides.linkTarget = Buffer.from(value);
  if (key === 'size') overrides.sizeBytes = wholeNumber(value);
  if (key === 'uid') overrides.uid = wholeNumber(value);
  if (key === 'gid') overrides.gid = wholeNumber(value);
  if (key === 'mtime') overrides.mtimeNs = decimalNanoseconds(value.toString('latin1'));
  // A sparse file's content is not its bytes: storing it as such would corrupt it silently.
  if (key.startsWith('GNU.sparse'))
    throw new HoldfastError('DumpIncomplete', 'unable to read the archive: sparse entries are not supported');
}

function wholeNumber(value: Buffer): number {
  const text = value.toString('latin1');
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number))
    throw new HoldfastError('DumpIncomplete', `unable to read the archive: number '${text}'`);
  return number;
}

/** `1697040000.123456789`, without the loss of a double. */
function decimalNanoseconds(text: string): bigint {
  const match = /^(\d+)(?:\.(\d{1,9})\d*)?$/.exec(text);
  if (!match) return 0n;
  return BigInt(match[1] ?? 0) * NANOSECONDS + BigInt((match[2] ?? '').padEnd(9, '0'));
}
