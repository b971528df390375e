// Runs BASE_BACKUP and gives its parts in order: start position, archives, manifest, end position. Holds a bounded piece in memory.

import { HoldfastError } from '../../domain/errors.ts';
import type { PostgresqlConnection } from './connection.ts';
import type { Row } from './copy-command.ts';
import type { Lsn } from './lsn.ts';
import { parseLsn } from './lsn.ts';
import { SlabQueue } from './slab-queue.ts';

export interface Tablespace {
  readonly oid: string;
  readonly location: string;
}

export type BaseBackupMarker =
  | { readonly kind: 'start'; readonly lsn: Lsn; readonly timeline: number }
  | { readonly kind: 'sizes'; readonly totalBytes: number; readonly tablespaces: readonly Tablespace[] }
  /** A tar archive begins; without an oid it is the data directory itself. */
  | { readonly kind: 'archive'; readonly tablespace: Tablespace | undefined }
  | { readonly kind: 'manifest' }
  | { readonly kind: 'end'; readonly lsn: Lsn; readonly timeline: number };

export interface BaseBackupOptions {
  readonly checkpoint: 'fast' | 'spread';
  /** Kilobytes per second the server may send. */
  readonly rateKilobytesMax?: number;
}

/** Message kinds inside the copy stream since PostgreSQL 15. */
const ARCHIVE = 0x6e;
const MANIFEST = 0x6d;
const DATA = 0x64;
const PROGRESS = 0x70;
const NUL = 0;

/** Result sets around the copy: start position, tablespaces, end position. */
const START_SET = 0;
const TABLESPACE_SET = 1;
const END_SET = 2;

/** Pull `next()` until it gives undefined; only then did the server confirm the whole backup. */
export class BaseBackupStream {
  readonly #queue: SlabQueue<BaseBackupMarker>;
  readonly #tablespaces: Tablespace[] = [];
  #totalKilobytes = 0;
  #hasSizes = false;
  #hasEnd = false;

  constructor(connection: PostgresqlConnection, options: BaseBackupOptions) {
    const { stream } = connection.wire;
    this.#queue = new SlabQueue<BaseBackupMarker>({ pause: () => stream.pause(), resume: () => stream.resume() });
    connection
      .run(commandText(options), {
        onRow: (row, resultSet) => this.#onRow(row, resultSet),
        onCopyData: (view) => this.#onCopyData(view),
      })
      .then(
        () => this.#onDone(),
        (error: unknown) => this.#queue.fail(connection.translate(error, 'read the base backup')),
      );
  }

  /** Bytes are valid until the next call. @throws the named error that ended the stream */
  next(): Promise<Buffer | { readonly marker: BaseBackupMarker } | undefined> {
    return this.#queue.next();
  }

  /** Ends the wait of the consumer, for example because the WAL of this backup was lost. */
  fail(error: HoldfastError): void {
    this.#queue.fail(error);
  }

  #onRow(row: Row, resultSet: number): void {
    if (resultSet === START_SET)
      this.#queue.mark({ kind: 'start', lsn: parseLsn(row['recptr']), timeline: Number(row['tli']) });
    if (resultSet === TABLESPACE_SET) this.#onTablespace(row);
    if (resultSet === END_SET) {
      this.#hasEnd = true;
      this.#queue.mark({ kind: 'end', lsn: parseLsn(row['recptr']), timeline: Number(row['tli']) });
    }
  }

  #onTablespace(row: Row): void {
    this.#totalKilobytes += Number(row['size'] ?? 0);
    const oid = row['spcoid'];
    if (typeof oid === 'string') this.#tablespaces.push({ oid, location: row['spclocation'] ?? '' });
  }

  #onCopyData(view: Buffer): void {
    if (!this.#hasSizes) {
      this.#hasSizes = true;
      this.#queue.mark({ kind: 'sizes', totalBytes: this.#totalKilobytes * 1024, tablespaces: [...this.#tablespaces] });
    }
    const kind = view[0];
    if (kind === DATA) this.#queue.append(view.subarray(1));
    else if (kind === ARCHIVE) this.#queue.mark({ kind: 'archive', tablespace: this.#archiveTablespace(view) });
    else if (kind === MANIFEST) this.#queue.mark({ kind: 'manifest' });
    else if (kind !== PROGRESS)
      throw new HoldfastError('DumpIncomplete', `unable to read the base backup: message kind ${kind ?? -1}`);
  }

  /** `n`, archive name, NUL, location, NUL; the location of the data directory itself is empty. */
  #archiveTablespace(view: Buffer): Tablespace | undefined {
    const nameEnd = view.indexOf(NUL, 1);
    const locationEnd = view.indexOf(NUL, nameEnd + 1);
    const name = view.toString('utf8', 1, nameEnd);
    const location = view.toString('utf8', nameEnd + 1, locationEnd);
    if (name === 'base.tar') return undefined;
    const match = /^(\d+)\.tar$/.exec(name);
    if (!match?.[1])
      throw new HoldfastError('DumpIncomplete', `unable to read the base backup: archive name '${name}'`);
    return { oid: match[1], location };
  }

  #onDone(): void {
    if (this.#hasEnd) this.#queue.end();
    else this.#queue.fail(new HoldfastError('DumpIncomplete', 'the base backup ended without its end position'));
  }
}

function commandText(options: BaseBackupOptions): string {
  const words = [
    "LABEL 'holdfast'",
    'PROGRESS true',
    `CHECKPOINT '${options.checkpoint}'`,
    // WAL comes over a second connection: what a long backup needs may be gone when the server adds it at the end.
    'WAL false',
    // The server would wait for its own archiver, for ever when archive_command fails.
    'WAIT false',
    "MANIFEST 'yes'",
    "MANIFEST_CHECKSUMS 'SHA256'",
    // The server checks its page checksums while it reads; a damaged page fails the backup.
    'VERIFY_CHECKSUMS true',
    ...(options.rateKilobytesMax === undefined ? [] : [`MAX_RATE ${options.rateKilobytesMax}`]),
  ];
  return `BASE_BACKUP (${words.join(', ')})`;
}
