// Receives WAL while a base backup runs, into segment files of a scratch folder, without a gap. A temporary slot keeps the server from
// recycling what was not read yet; it vanishes with the connection, so nothing is left behind when we are killed.

import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

import { HoldfastError } from '../../domain/errors.ts';
import type { PostgresqlConnection } from './connection.ts';
import type { Lsn } from './lsn.ts';
import { formatLsn, segmentName, segmentStart } from './lsn.ts';
import type { WalRange } from './wal-verifier.ts';

export interface WalReceiverOptions {
  readonly slot: string;
  readonly range: WalRange;
  readonly directory: string;
  /**
   * Telling the server how far we are lets it recycle WAL. It also makes us a candidate for synchronous replication where
   * synchronous_standby_names matches every name; commits would then wait for a backup, so there we keep silent.
   */
  readonly reportsPosition: boolean;
  readonly onFailure: (error: HoldfastError) => void;
}

/** What a receiver needs of a connection. */
export type WalConnection = Pick<PostgresqlConnection, 'run' | 'wire' | 'translate' | 'destroy'>;

export interface ReceivedSegment {
  readonly name: string;
  readonly path: string;
  readonly startLsn: Lsn;
}

const WAL_DATA = 0x77;
const KEEPALIVE = 0x6b;
const WAL_DATA_HEADER_BYTES = 25;
const STATUS_MILLISECONDS = 10_000;
/** A slow scratch disk pauses the server above the first and goes on below the second. */
const PENDING_BYTES_PAUSE = 8 * 1024 * 1024;
const PENDING_BYTES_RESUME = 2 * 1024 * 1024;
/** Once the backup has ended its WAL is on the server's disk already; waiting longer than this means that it does not come. */
const STOP_SECONDS = 120;

export class WalReceiver {
  readonly #connection: WalConnection;
  readonly #options: WalReceiverOptions;
  readonly #complete: ReceivedSegment[] = [];
  readonly #pending: Buffer[] = [];
  #pendingBytes = 0;
  #receivedLsn: Lsn;
  #writtenLsn: Lsn;
  #file: FileHandle | undefined;
  #segment: ReceivedSegment | undefined;
  #writing: Promise<void> | undefined;
  #endLsn: Lsn | undefined;
  #isEnding = false;
  #failure: HoldfastError | undefined;
  #command: Promise<void> = Promise.resolve();
  #statusTimer: NodeJS.Timeout | undefined;

  constructor(connection: WalConnection, options: WalReceiverOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#receivedLsn = segmentStart(options.range.startLsn, options.range.segmentBytes);
    this.#writtenLsn = this.#receivedLsn;
  }

  /** Begins at the start of the segment that holds the start position. */
  start(): void {
    const { slot, range } = this.#options;
    const { wire } = this.#connection;
    wire.on('copyDone', this.#onCopyDone);
    this.#statusTimer = setInterval(() => this.#sendStatus(), STATUS_MILLISECONDS);
    this.#command = this.#connection
      .run(`START_REPLICATION SLOT ${slot} PHYSICAL ${formatLsn(this.#receivedLsn)} TIMELINE ${range.timeline}`, {
        onCopyData: (view) => this.#onCopyData(view),
      })
      .then(
        () => this.#onDone(),
        (error: unknown) => this.#fail(this.#connection.translate(error, 'receive write-ahead log')),
      )
      .finally(() => {
        clearInterval(this.#statusTimer);
        wire.removeListener('copyDone', this.#onCopyDone);
      });
  }

  /** Segments that are whole on disk and were not taken yet, oldest first. Whoever takes one owns its file. */
  takeSegments(): readonly ReceivedSegment[] {
    return this.#complete.splice(0);
  }

  /** Receives up to `endLsn` and ends the stream. The last segment, cut anywhere after that position, is given by takeSegments. */
  async stopAt(endLsn: Lsn): Promise<void> {
    this.#endLsn = endLsn;
    this.#endWhenReached();
    await this.#awaitEnd();
    await this.#writing;
    if (this.#failure) {
      await this.abandon();
      throw this.#failure;
    }
    if (this.#writtenLsn < endLsn)
      throw this.#incomplete(`it ends at ${formatLsn(this.#writtenLsn)}, before ${formatLsn(endLsn)}`);
    await this.#closeSegment();
  }

  /** Waits until no write is under way; the connection must be ended before. */
  async abandon(): Promise<void> {
    clearInterval(this.#statusTimer);
    this.#isEnding = true;
    await this.#command;
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #awaitEnd(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        const error = this.#incomplete(`it did not arrive within ${STOP_SECONDS} s after the backup's end`);
        this.#fail(error);
        this.#connection.destroy(error);
        resolve();
      }, STOP_SECONDS * 1000);
    });
    await Promise.race([this.#command, late]);
    clearTimeout(timer);
  }

  #onCopyData(view: Buffer): void {
    if (view[0] === KEEPALIVE) {
      if (view[17] === 1) this.#sendStatus();
      return;
    }
    if (view[0] !== WAL_DATA || this.#isEnding) return;
    const lsn = view.readBigUInt64BE(1);
    if (lsn !== this.#receivedLsn)
      throw this.#incomplete(`expected ${formatLsn(this.#receivedLsn)}, the server sent ${formatLsn(lsn)}`);
    // The view is the driver's; it is written after this call has returned.
    const bytes = Buffer.from(view.subarray(WAL_DATA_HEADER_BYTES));
    this.#receivedLsn += BigInt(bytes.length);
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes > PENDING_BYTES_PAUSE) this.#connection.wire.stream.pause();
    this.#writing ??= this.#writePending();
  }

  async #writePending(): Promise<void> {
    try {
      for (let bytes = this.#pending.shift(); bytes; bytes = this.#pending.shift()) {
        await this.#write(bytes);
        this.#pendingBytes -= bytes.length;
        const { stream } = this.#connection.wire;
        if (this.#pendingBytes < PENDING_BYTES_RESUME && stream.isPaused()) stream.resume();
        this.#endWhenReached();
      }
    } catch (error) {
      const { directory } = this.#options;
      const failure = new HoldfastError(
        'StorageFull',
        `unable to keep write-ahead log in '${directory}'`,
        { directory },
        { cause: error },
      );
      this.#fail(failure);
      this.#connection.destroy(failure);
    } finally {
      this.#writing = undefined;
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    const { segmentBytes } = this.#options.range;
    let offset = 0;
    while (offset < bytes.length) {
      this.#file ??= await this.#openSegment();
      const room = segmentBytes - Number(this.#writtenLsn % BigInt(segmentBytes));
      const part = bytes.subarray(offset, offset + room);
      await this.#file.writeFile(part);
      this.#writtenLsn += BigInt(part.length);
      offset += part.length;
      if (part.length < room) continue;
      await this.#closeSegment();
      // A busy server may write its max_slot_wal_keep_size within seconds.
      if (!this.#isEnding) this.#sendStatus();
    }
  }

  async #openSegment(): Promise<FileHandle> {
    const { range, directory } = this.#options;
    const name = segmentName(range.timeline, this.#writtenLsn, range.segmentBytes);
    const path = join(directory, name);
    this.#segment = { name, path, startLsn: this.#writtenLsn };
    return open(path, 'wx', 0o600);
  }

  async #closeSegment(): Promise<void> {
    if (!this.#file || !this.#segment) return;
    await this.#file.close();
    this.#complete.push(this.#segment);
    this.#file = undefined;
    this.#segment = undefined;
  }

  #endWhenReached(): void {
    if (this.#endLsn === undefined || this.#isEnding || this.#writtenLsn < this.#endLsn) return;
    this.#isEnding = true;
    this.#sendStatus();
    this.#connection.wire.endCopyFrom();
  }

  /** The server ends the copy by itself when its timeline ends or when it shuts down. */
  readonly #onCopyDone = (): void => {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#connection.wire.endCopyFrom();
  };

  #onDone(): void {
    const isReached = this.#endLsn !== undefined && this.#receivedLsn >= this.#endLsn;
    if (isReached) return;
    this.#fail(
      new HoldfastError(
        'SourceChanged',
        `the server ended its write-ahead log stream at ${formatLsn(this.#receivedLsn)}`,
      ),
    );
  }

  #sendStatus(): void {
    const lsn = this.#options.reportsPosition ? this.#writtenLsn : 0n;
    const message = Buffer.alloc(34);
    message[0] = 0x72;
    message.writeBigUInt64BE(lsn, 1);
    message.writeBigUInt64BE(lsn, 9);
    this.#connection.wire.sendCopyFromChunk(message);
  }

  #fail(error: HoldfastError): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#options.onFailure(error);
  }

  #incomplete(what: string): HoldfastError {
    return new HoldfastError('DumpIncomplete', `unable to receive all write-ahead log: ${what}`);
  }
}
