// Dumps a whole cluster over the replication protocol: files of the data directory, the WAL they need, the server's manifest; and
// compares everything with that manifest. Safe to run twice: the server keeps nothing of an attempt, its slot ends with the connection.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { UnitFacts } from '../../../domain/backup-record.ts';
import { HoldfastError, invariant } from '../../../domain/errors.ts';
import { LIMITS } from '../../../domain/limits.ts';
import { isoNow } from '../../../ports/clock.ts';
import type { DumpSink, EngineContext, EngineSource } from '../../../ports/engine.ts';
import type { ManifestFile } from '../../../protocols/postgresql/backup-manifest.ts';
import { parseManifest, pathKey } from '../../../protocols/postgresql/backup-manifest.ts';
import type { BaseBackupMarker, Tablespace } from '../../../protocols/postgresql/base-backup.ts';
import { BaseBackupStream } from '../../../protocols/postgresql/base-backup.ts';
import { PostgresqlConnection } from '../../../protocols/postgresql/connection.ts';
import type { Lsn } from '../../../protocols/postgresql/lsn.ts';
import { formatLsn } from '../../../protocols/postgresql/lsn.ts';
import type { TarEntry } from '../../../protocols/postgresql/tar-reader.ts';
import { TarReader } from '../../../protocols/postgresql/tar-reader.ts';
import { WalReceiver } from '../../../protocols/postgresql/wal-receiver.ts';
import { connectionTarget, physicalSettings } from '../settings.ts';
import { DATA_ROOT, MANIFEST_PATH, TABLESPACE_FOLDER, TABLESPACE_PATH, WAL_FOLDER } from './layout.ts';
import { assertMatchesManifest } from './manifest-check.ts';
import type { ServerFacts } from './server-facts.ts';
import { assertSameServer, identify, readServerFacts, show } from './server-facts.ts';
import type { FileOwner } from './wal-store.ts';
import { WalStore } from './wal-store.ts';

const WARNINGS_MAX = 20;
/** A spread checkpoint takes most of checkpoint_timeout, in silence; an hour is a generous setting of that. */
const SPREAD_CHECKPOINT_SECONDS = 2 * 60 * 60;

export async function dumpPhysical(source: EngineSource, sink: DumpSink, context: EngineContext): Promise<UnitFacts> {
  const settings = physicalSettings(source.settings);
  const target = await connectionTarget(settings, context);
  const idle = settings.checkpoint === 'spread' ? { idleSeconds: SPREAD_CHECKPOINT_SECONDS } : {};
  const options = { signal: context.signal, purpose: 'physical', ...idle } as const;
  const base = await PostgresqlConnection.open(target, options);
  let wal: PostgresqlConnection | undefined;
  try {
    wal = await PostgresqlConnection.open(target, options);
    const server = await readServerFacts(base);
    // Two connections behind one address may reach two servers.
    assertSameServer(server, await identify(wal));
    const dump = new PhysicalDump(base, wal, server, sink, context);
    return await dump.run(settings);
  } finally {
    // Destroyed, not closed, because after a failure the server may still be sending; after success both were closed already.
    base.destroy();
    wal?.destroy();
  }
}

/** The state of one attempt; its methods are the steps in their order. */
class PhysicalDump {
  readonly #base: PostgresqlConnection;
  readonly #wal: PostgresqlConnection;
  readonly #server: ServerFacts;
  readonly #sink: DumpSink;
  readonly #context: EngineContext;
  readonly #files = new Map<string, ManifestFile>();
  readonly #tablespaces: Tablespace[] = [];
  #stream!: BaseBackupStream;
  #receiver: WalReceiver | undefined;
  #store: WalStore | undefined;
  #manifest = Buffer.alloc(0);
  #start: { readonly lsn: Lsn; readonly timeline: number } | undefined;
  #end: { readonly lsn: Lsn; readonly timeline: number } | undefined;
  /** Of the last file, for files that we add ourselves. */
  #owner: FileOwner = { uid: 0, gid: 0, mtimeNs: 0n };
  #doneBytes = 0;
  #totalBytes = 0;
  #shownBytes = 0;
  #pendingMarker: BaseBackupMarker | undefined;

  constructor(
    base: PostgresqlConnection,
    wal: PostgresqlConnection,
    server: ServerFacts,
    sink: DumpSink,
    context: EngineContext,
  ) {
    this.#base = base;
    this.#wal = wal;
    this.#server = server;
    this.#sink = sink;
    this.#context = context;
  }

  async run(settings: {
    readonly checkpoint: 'fast' | 'spread';
    readonly rateKilobytesMax?: number | undefined;
  }): Promise<UnitFacts> {
    const slot = `holdfast_${this.#wal.processId}`;
    const reportsPosition = await this.#mayReportPosition();
    await this.#storeTimelineHistory();
    const { checkpoint, rateKilobytesMax } = settings;
    this.#sink.progress({ phase: 'waiting for the checkpoint', doneBytes: 0 });
    this.#stream = new BaseBackupStream(this.#base, {
      checkpoint,
      ...(rateKilobytesMax !== undefined && { rateKilobytesMax }),
    });
    try {
      await this.#readStream(slot, reportsPosition);
      return await this.#finish();
    } catch (error) {
      this.#wal.destroy();
      await this.#receiver?.abandon();
      throw error;
    }
  }

  async #readStream(slot: string, reportsPosition: boolean): Promise<void> {
    for (;;) {
      const item = this.#pendingMarker ? { marker: this.#pendingMarker } : await this.#stream.next();
      this.#pendingMarker = undefined;
      if (item === undefined) return;
      if (!('marker' in item))
        throw new HoldfastError('DumpIncomplete', 'the base backup sends data outside of an archive');
      await this.#onMarker(item.marker, slot, reportsPosition);
    }
  }

  async #onMarker(marker: BaseBackupMarker, slot: string, reportsPosition: boolean): Promise<void> {
    if (marker.kind === 'start') await this.#startReceiver(marker, slot, reportsPosition);
    if (marker.kind === 'sizes') this.#totalBytes = marker.totalBytes;
    if (marker.kind === 'archive') await this.#readArchive(marker.tablespace);
    if (marker.kind === 'manifest') await this.#readManifest();
    if (marker.kind === 'end') this.#end = marker;
  }

  async #startReceiver(
    start: { readonly lsn: Lsn; readonly timeline: number },
    slot: string,
    reportsPosition: boolean,
  ): Promise<void> {
    const { systemIdentifier, segmentBytes, timeline } = this.#server;
    if (start.timeline !== timeline)
      throw new HoldfastError('SourceChanged', 'the server changed its timeline before the backup began');
    const range = { startLsn: start.lsn, timeline, systemIdentifier, segmentBytes };
    const directory = join(this.#context.scratchDir, 'wal');
    await mkdir(directory, { mode: 0o700 });
    this.#start = start;
    // Not before the backup's own checkpoint: the slot would hold WAL since the last one, and a server with a small
    // max_slot_wal_keep_size would invalidate it during the checkpoint. WAL is recycled at the next checkpoint only, and if that were
    // to come first, the server refuses the start position: an error, never a gap.
    await this.#wal.query(`CREATE_REPLICATION_SLOT ${slot} TEMPORARY PHYSICAL RESERVE_WAL`);
    this.#store = new WalStore(this.#sink, range, this.#context.signal);
    const onFailure = (error: HoldfastError): void => this.#stream.fail(error);
    this.#receiver = new WalReceiver(this.#wal, { slot, range, directory, reportsPosition, onFailure });
    this.#receiver.start();
    await this.#sink.add({ path: Buffer.from(DATA_ROOT), kind: 'directory', mode: 0o700, ...this.#owner });
  }

  async #readArchive(tablespace: Tablespace | undefined): Promise<void> {
    if (tablespace) this.#tablespaces.push(tablespace);
    const prefix = tablespace ? `${TABLESPACE_FOLDER}/${tablespace.oid}/` : '';
    const tar = new TarReader(() => this.#pull());
    for (let entry = await tar.next(); entry; entry = await tar.next()) {
      await this.#storeEntry(tar, entry, Buffer.concat([Buffer.from(prefix), entry.path]));
      await this.#store?.store(this.#receiver?.takeSegments() ?? [], this.#owner);
    }
  }

  /** The next bytes of the current archive; a marker ends it and waits for the outer loop. */
  async #pull(): Promise<Buffer | undefined> {
    if (this.#pendingMarker) return undefined;
    const item = await this.#stream.next();
    if (item === undefined) return undefined;
    if (!('marker' in item)) return item;
    this.#pendingMarker = item.marker;
    return undefined;
  }

  async #storeEntry(tar: TarReader, entry: TarEntry, path: Buffer): Promise<void> {
    if (path.length > LIMITS.pathBytesMax)
      throw new HoldfastError('DumpIncomplete', 'the base backup holds a path that is too long');
    const stored = Buffer.concat([Buffer.from(`${DATA_ROOT}/`), path]);
    const { mode, uid, gid, mtimeNs } = entry;
    const meta = { path: stored, mode, uid, gid, mtimeNs };
    if (entry.kind === 'symlink' && TABLESPACE_PATH.test(path.toString('latin1'))) {
      // Its content comes as an archive of its own; where it lay is kept in the facts.
      await this.#sink.add({ ...meta, kind: 'directory', mode: 0o700 });
    } else if (entry.kind === 'directory') {
      await this.#sink.add({ ...meta, kind: 'directory' });
    } else if (entry.kind === 'file') {
      this.#owner = { uid, gid, mtimeNs };
      await this.#storeFile(tar, entry, meta);
    } else {
      throw new HoldfastError('DumpIncomplete', `the base backup holds a ${entry.kind} that PostgreSQL does not make`);
    }
  }

  async #storeFile(
    tar: TarReader,
    entry: TarEntry,
    meta: FileOwner & { readonly path: Buffer; readonly mode: number },
  ): Promise<void> {
    const writer = this.#sink.open({ ...meta, kind: 'file' });
    for await (const view of tar.content()) {
      await writer.write(view);
      this.#addProgress(view.length);
    }
    // The sink's own hash, of what it will store, is compared with the server's: the whole way lies between the two.
    const { sizeBytes, sha256 } = await writer.close();
    invariant(sizeBytes === entry.sizeBytes, 'the sink stored as many bytes as the archive held');
    this.#files.set(pathKey(meta.path.subarray(DATA_ROOT.length + 1)), { sizeBytes, sha256 });
  }

  async #readManifest(): Promise<void> {
    const pieces: Buffer[] = [];
    let sizeBytes = 0;
    for (let view = await this.#pull(); view; view = await this.#pull()) {
      sizeBytes += view.length;
      if (sizeBytes > LIMITS.objectBytesMax)
        throw new HoldfastError('DumpIncomplete', 'the backup manifest is too large');
      pieces.push(Buffer.from(view));
    }
    this.#manifest = Buffer.concat(pieces);
  }

  /** The server has confirmed the backup; now its WAL, its identity and every file must agree with that. */
  async #finish(): Promise<UnitFacts> {
    const start = this.#start;
    const end = this.#end;
    const receiver = this.#receiver;
    const store = this.#store;
    if (!start || !end || !receiver || !store)
      throw new HoldfastError('DumpIncomplete', 'the base backup ended before it began');
    const consistentAt = isoNow(this.#context.clock);
    this.#sink.progress({ phase: 'write-ahead log', doneBytes: this.#doneBytes, totalBytes: this.#totalBytes });
    await receiver.stopAt(end.lsn);
    const records = await store.finish(receiver.takeSegments(), end.lsn, this.#owner);
    assertSameServer(this.#server, await identify(this.#base));
    assertSameServer(this.#server, await identify(this.#wal));
    if (end.timeline !== start.timeline)
      throw new HoldfastError('SourceChanged', 'the server changed its timeline during the backup');
    await this.#compareWithManifest(start.lsn, end.lsn);
    await Promise.all([this.#base.close(), this.#wal.close()]);
    return this.#facts({ start: start.lsn, end: end.lsn }, consistentAt, records, store.segments);
  }

  async #compareWithManifest(startLsn: Lsn, endLsn: Lsn): Promise<void> {
    const manifest = parseManifest(this.#manifest);
    assertMatchesManifest(manifest, this.#files, 'DumpIncomplete');
    const { systemIdentifier, timeline } = this.#server;
    if (manifest.systemIdentifier !== undefined && manifest.systemIdentifier !== systemIdentifier) {
      throw new HoldfastError('SourceChanged', 'the backup manifest is of another server');
    }
    const range = manifest.walRanges.find((candidate) => candidate.timeline === timeline);
    if (!range || range.startLsn < startLsn || range.endLsn > endLsn) {
      throw new HoldfastError('DumpIncomplete', 'the manifest needs write-ahead log that was not received');
    }
    const writer = this.#sink.open({ path: Buffer.from(MANIFEST_PATH), kind: 'file', mode: 0o600, ...this.#owner });
    await writer.write(this.#manifest);
    await writer.close();
  }

  #facts(
    lsn: { readonly start: Lsn; readonly end: Lsn },
    consistentAt: string,
    walRecords: number,
    walSegments: number,
  ): UnitFacts {
    const locations = this.#tablespaces.map(({ oid, location }) => [`tablespace.${oid}`, location] as const);
    return {
      sourceVersion: this.#server.version,
      consistentAt,
      includedFiles: this.#files.size,
      warnings: this.#warnings(),
      details: {
        systemIdentifier: this.#server.systemIdentifier,
        timeline: this.#server.timeline,
        majorVersion: this.#server.major,
        startLsn: formatLsn(lsn.start),
        endLsn: formatLsn(lsn.end),
        walSegmentBytes: this.#server.segmentBytes,
        walSegments,
        walRecords,
        ...Object.fromEntries(locations),
      },
    };
  }

  #warnings(): readonly string[] {
    const outside = ['postgresql.conf', 'pg_hba.conf'].filter((name) => !this.#files.has(name));
    const config =
      outside.length === 0
        ? []
        : [
            `${outside.join(' and ')} lie outside the data directory and are not in this backup; back up that folder too`,
          ];
    const tablespaces =
      this.#tablespaces.length === 0
        ? []
        : [`${this.#tablespaces.length} tablespaces; a restore puts them inside the data directory`];
    return [...config, ...tablespaces, ...this.#base.notices].slice(0, WARNINGS_MAX);
  }

  /** See WalReceiverOptions.reportsPosition. */
  async #mayReportPosition(): Promise<boolean> {
    const names = await show(this.#wal, 'synchronous_standby_names');
    return !names.includes('*') && !names.includes('holdfast');
  }

  /** On a later timeline recovery wants to know how it came about. */
  async #storeTimelineHistory(): Promise<void> {
    const { timeline } = this.#server;
    if (timeline === 1) return;
    const [row] = await this.#wal.query(`TIMELINE_HISTORY ${timeline}`);
    const name = row?.['filename'] ?? '';
    if (!/^[0-9A-F]{8}\.history$/.test(name))
      throw new HoldfastError('DumpIncomplete', `the server has no history of timeline ${timeline}`);
    const path = Buffer.from(`${DATA_ROOT}/${WAL_FOLDER}/${name}`);
    const writer = this.#sink.open({ path, kind: 'file', mode: 0o600, ...this.#owner });
    await writer.write(Buffer.from(row?.['content'] ?? '', 'utf8'));
    await writer.close();
  }

  #addProgress(bytes: number): void {
    this.#doneBytes += bytes;
    const step = 8 * 1024 * 1024;
    if (this.#doneBytes - this.#shownBytes < step) return;
    this.#shownBytes = this.#doneBytes;
    this.#sink.progress({ phase: 'base backup', doneBytes: this.#doneBytes, totalBytes: this.#totalBytes });
  }
}
