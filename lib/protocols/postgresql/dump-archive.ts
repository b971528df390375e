// Walks an archive of pg_dump's custom format while it streams by: header, table of contents, every data block to its end. The format
// has no trailer of its own; an archive is whole when it ends after a block and each promised block was seen.

import { HoldfastError } from '../../domain/errors.ts';

export interface ArchiveEntry {
  readonly dumpId: number;
  readonly hasData: boolean;
  readonly tag: string;
  /** What it is: `TABLE`, `TABLE DATA`, `INDEX`. */
  readonly description: string;
  readonly namespace: string;
  readonly owner: string;
  /** Empty for the database's own. */
  readonly tablespace: string;
  /** Dump ids of what must exist before it. */
  readonly dependencies: readonly number[];
  /** Its data are lines of COPY, one per row. */
  readonly isCopy: boolean;
}

export interface ArchiveHead {
  readonly archiveVersion: string;
  readonly database: string;
  readonly serverVersion: string;
  readonly toolVersion: string;
  readonly isCompressed: boolean;
  readonly entries: readonly ArchiveEntry[];
}

/** Versions 1.12 (PostgreSQL 9.0) to 1.16 (17, 18) differ in the fields below; an unknown one could be misread. */
const MINOR_MIN = 12;
const MINOR_MAX = 16;
const MINOR_TABLE_ACCESS_METHOD = 14;
const MINOR_COMPRESSION_BYTE = 15;
const MINOR_RELATION_KIND = 16;
const FORMAT_CUSTOM = 1;
const BLOCK_DATA = 1;
const BLOCK_BLOBS = 3;
/** What a double reads exactly at once. */
const INTEGER_BYTES_MAX = 6;
const ENTRIES_MAX = 5_000_000;
const STRING_BYTES_MAX = 1024 * 1024 * 1024;
/** Names are short; a definition may be long and is of no interest here. */
const KEPT_STRING_BYTES_MAX = 1024 * 1024;
const NEWLINE = 0x0a;
/** pg_dump ends the data of a table with these lines. */
const COPY_END = Buffer.from('\\.\n\n\n');

type Step<T> = Generator<undefined, T, undefined>;

/** Feed every piece to `update`, then call `finish`. @throws DumpIncomplete */
export class ArchiveWalker {
  /** Rows of each table's data, by dump id; only of uncompressed archives. */
  readonly rows = new Map<number, number>();
  readonly #steps: Step<void>;
  readonly #seen = new Set<number>();
  #head: ArchiveHead | undefined;
  #piece: Buffer = Buffer.alloc(0);
  #offset = 0;
  #isBetweenBlocks = false;
  #integerBytes = 4;
  #offsetBytes = 8;
  #minor = 0;

  constructor() {
    this.#steps = this.#walk();
    this.#steps.next();
  }

  /** Known as soon as the table of contents has gone by. */
  get head(): ArchiveHead | undefined {
    return this.#head;
  }

  update(piece: Buffer): void {
    this.#piece = piece;
    this.#offset = 0;
    this.#steps.next();
  }

  /** Says that no more pieces come. Returns what the archive holds, or throws when it was cut anywhere. */
  finish(): ArchiveHead {
    if (!this.#head) throw broken('it ends inside its table of contents');
    if (!this.#isBetweenBlocks) throw broken('it ends inside a data block');
    const missing = this.#head.entries.filter((entry) => entry.hasData && !this.#seen.has(entry.dumpId));
    if (missing.length > 0)
      throw broken(`${missing.length} data blocks are missing, the first of '${missing[0]?.tag ?? ''}'`);
    return this.#head;
  }

  *#walk(): Step<void> {
    const head = yield* this.#readHead();
    this.#head = head;
    const withData = new Map(head.entries.filter((entry) => entry.hasData).map((entry) => [entry.dumpId, entry]));
    for (;;) {
      this.#isBetweenBlocks = true;
      const kind = yield* this.#byte();
      this.#isBetweenBlocks = false;
      const dumpId = yield* this.#integer();
      const entry = withData.get(dumpId);
      if (!entry || this.#seen.has(dumpId)) throw broken(`data block ${dumpId} is not expected`);
      if (kind === BLOCK_DATA) yield* this.#walkData(entry, head.isCompressed);
      else if (kind === BLOCK_BLOBS) yield* this.#walkBlobs();
      else throw broken(`block kind ${kind}`);
      this.#seen.add(dumpId);
    }
  }

  *#walkData(entry: ArchiveEntry, isCompressed: boolean): Step<void> {
    if (isCompressed || !entry.isCopy) {
      yield* this.#skipPieces();
      return;
    }
    const rows = new CopyRows();
    for (let length = yield* this.#integer(); length !== 0; length = this.#integerNow() ?? (yield* this.#integer())) {
      let left = assertLength(length);
      while (left > 0) {
        if (this.#offset >= this.#piece.length) yield;
        const end = Math.min(this.#offset + left, this.#piece.length);
        rows.add(this.#piece, this.#offset, end);
        left -= end - this.#offset;
        this.#offset = end;
      }
    }
    if (!rows.hasEnd) throw broken(`the rows of '${entry.tag}' have no end mark`);
    this.rows.set(entry.dumpId, rows.count);
  }

  /** Large objects: each begins with its number, 0 ends the list. */
  *#walkBlobs(): Step<void> {
    while ((yield* this.#integer()) !== 0) yield* this.#skipPieces();
  }

  *#skipPieces(): Step<void> {
    for (let length = yield* this.#integer(); length !== 0; length = yield* this.#integer())
      yield* this.#skip(assertLength(length));
  }

  *#readHead(): Step<ArchiveHead> {
    const { archiveVersion, isCompressed } = yield* this.#readFormat();
    // When it was made: second, minute, hour, day, month, year, daylight saving.
    for (let field = 0; field < 7; field++) yield* this.#integer();
    const database = yield* this.#text();
    const serverVersion = yield* this.#text();
    const toolVersion = yield* this.#text();
    const count = yield* this.#integer();
    if (count < 0 || count > ENTRIES_MAX) throw broken(`${count} entries`);
    const entries: ArchiveEntry[] = [];
    for (let index = 0; index < count; index++) entries.push(yield* this.#readEntry());
    return {
      archiveVersion,
      database,
      serverVersion,
      toolVersion,
      isCompressed,
      entries,
    };
  }

  *#readFormat(): Step<Pick<ArchiveHead, 'archiveVersion' | 'isCompressed'>> {
    const magic = yield* this.#bytes(11);
    if (magic.toString('latin1', 0, 5) !== 'PGDMP') throw broken('it does not begin as one');
    const [major = 0, minor = 0, revision = 0, integerBytes = 0, offsetBytes = 0, format = 0] = magic.subarray(5);
    if (major !== 1 || minor < MINOR_MIN || minor > MINOR_MAX)
      throw broken(`archive version ${major}.${minor} is unknown`);
    if (integerBytes < 1 || integerBytes > INTEGER_BYTES_MAX) throw broken(`integers of ${integerBytes} bytes`);
    if (format !== FORMAT_CUSTOM) throw broken('it has another format than custom');
    this.#minor = minor;
    this.#integerBytes = integerBytes;
    this.#offsetBytes = offsetBytes;
    const isCompressed = minor >= MINOR_COMPRESSION_BYTE ? (yield* this.#byte()) !== 0 : (yield* this.#integer()) !== 0;
    return { archiveVersion: `${major}.${minor}.${revision}`, isCompressed };
  }

  *#readEntry(): Step<ArchiveEntry> {
    const dumpId = yield* this.#integer();
    const hasData = (yield* this.#integer()) !== 0;
    yield* this.#skipText();
    yield* this.#skipText();
    const tag = yield* this.#text();
    const description = yield* this.#text();
    yield* this.#integer();
    yield* this.#skipText();
    yield* this.#skipText();
    const copyStatement = yield* this.#text();
    const namespace = yield* this.#text();
    const tablespace = yield* this.#text();
    if (this.#minor >= MINOR_TABLE_ACCESS_METHOD) yield* this.#skipText();
    if (this.#minor >= MINOR_RELATION_KIND) yield* this.#integer();
    const owner = yield* this.#text();
    yield* this.#skipText();
    const dependencies: number[] = [];
    for (let length = yield* this.#integer(); length >= 0; length = yield* this.#integer()) {
      dependencies.push(Number((yield* this.#bytes(length)).toString('latin1')));
    }
    // Where its data begin; a pipe cannot be written to twice, so it is not known.
    yield* this.#skip(1 + this.#offsetBytes);
    return {
      dumpId,
      hasData,
      tag,
      description,
      namespace,
      owner,
      tablespace,
      dependencies,
      isCopy: copyStatement.startsWith('COPY '),
    };
  }

  *#text(): Step<string> {
    const length = yield* this.#integer();
    if (length <= 0) return '';
    if (length > KEPT_STRING_BYTES_MAX) throw broken(`a name of ${length} bytes`);
    return (yield* this.#bytes(length)).toString('utf8');
  }

  *#skipText(): Step<void> {
    const length = yield* this.#integer();
    if (length > 0) yield* this.#skip(assertLength(length));
  }

  /** A sign byte, then the value, lowest byte first. */
  *#integer(): Step<number> {
    const value = this.#integerNow();
    if (value !== undefined) return value;
    const bytes = yield* this.#bytes(1 + this.#integerBytes);
    return signed(bytes, 0, this.#integerBytes);
  }

  /** Without waiting, which is dear at one call per row; undefined when the piece does not hold it whole. */
  #integerNow(): number | undefined {
    const total = 1 + this.#integerBytes;
    if (this.#piece.length - this.#offset < total) return undefined;
    this.#offset += total;
    return signed(this.#piece, this.#offset - total, this.#integerBytes);
  }

  *#byte(): Step<number> {
    return (yield* this.#some(1))[0] ?? 0;
  }

  *#bytes(length: number): Step<Buffer> {
    const bytes = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const view = yield* this.#some(length - filled);
      bytes.set(view, filled);
      filled += view.length;
    }
    return bytes;
  }

  *#skip(length: number): Step<void> {
    let left = length;
    while (left > 0) left -= (yield* this.#some(left)).length;
  }

  /** At least one and at most `lengthMax` bytes; waits for the next piece when there are none. */
  *#some(lengthMax: number): Step<Buffer> {
    while (this.#offset >= this.#piece.length) yield;
    const view = this.#piece.subarray(this.#offset, this.#offset + lengthMax);
    this.#offset += view.length;
    return view;
  }
}

/** Counts the lines of one table's COPY data and remembers how they end. */
class CopyRows {
  readonly #tail = Buffer.alloc(COPY_END.length);
  #newlines = 0;

  add(piece: Buffer, start: number, end: number): void {
    for (let at = piece.indexOf(NEWLINE, start); at !== -1 && at < end; at = piece.indexOf(NEWLINE, at + 1))
      this.#newlines++;
    const kept = Math.min(end - start, COPY_END.length);
    this.#tail.copyWithin(0, kept);
    piece.copy(this.#tail, COPY_END.length - kept, end - kept, end);
  }

  get hasEnd(): boolean {
    return this.#tail.equals(COPY_END);
  }

  /** Three newlines belong to the end mark. */
  get count(): number {
    return this.#newlines - 3;
  }
}

function signed(bytes: Buffer, offset: number, length: number): number {
  const value = bytes.readUIntLE(offset + 1, length);
  return bytes[offset] === 0 ? value : -value;
}

function assertLength(length: number): number {
  if (length < 0 || length > STRING_BYTES_MAX) throw broken(`a length of ${length}`);
  return length;
}

const broken = (what: string): HoldfastError =>
  new HoldfastError('DumpIncomplete', `the dump archive is not usable: ${what}`);
