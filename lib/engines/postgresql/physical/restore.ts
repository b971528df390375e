// Restores a physical backup into a new data directory and proves it: every file is read back from the disk and compared with the
// server's own manifest, the WAL is walked record by record. The control file comes last: without it no server starts.

import type { StoredEntry } from '../../../domain/entry.ts';
import { HoldfastError } from '../../../domain/errors.ts';
import { LIMITS } from '../../../domain/limits.ts';
import type { EngineContext, PointReader, RestoreRequest, RestoreResult } from '../../../ports/engine.ts';
import type { BackupManifest, ManifestFile } from '../../../protocols/postgresql/backup-manifest.ts';
import { parseManifest } from '../../../protocols/postgresql/backup-manifest.ts';
import type { BytePath } from './byte-path.ts';
import { bytePath, toText } from './byte-path.ts';
import { DataDirectory } from './data-directory.ts';
import { translateFileError } from './file-error.ts';
import {
  CONTROL_FILE,
  DATA_ROOT,
  MANIFEST_PATH,
  RESTORED_TABLESPACES,
  TABLESPACE_FOLDER,
  TABLESPACE_PATH,
  WAL_FOLDER,
} from './layout.ts';
import { assertMatchesManifest } from './manifest-check.ts';
import { listFiles, readBack } from './read-back.ts';
import { verifyRestoredWal } from './restored-wal.ts';

export interface PhysicalRestoreOptions {
  /** Absolute path of the new data directory. */
  readonly path: string;
  readonly processUid: number | undefined;
  /** What links to tablespaces point into; the data directory itself unless a test server sees it under another name. */
  readonly linkRoot?: string;
}

type Progress = RestoreRequest['progress'];

/** With these a restored server would follow the primary it was copied from instead of standing alone. */
const SIGNAL_FILES: readonly string[] = ['standby.signal', 'recovery.signal'];
const PENDING_CONTROL_FILE = `${CONTROL_FILE}.holdfast`;
const IN_TABLESPACE = new RegExp(`^${TABLESPACE_FOLDER}/(\\d+)/`);
const ROOT_UID = 0;

/** @throws RestoreTargetNotEmpty, UnsafePath, RestoreMismatch, IntegrityViolation, StorageFull, ExecutionStopped */
export async function restorePhysical(
  reader: PointReader,
  options: PhysicalRestoreOptions,
  progress: Progress,
  context: EngineContext,
): Promise<RestoreResult> {
  try {
    const directory = await DataDirectory.prepare(options.path, options.processUid);
    return await new PhysicalRestore(reader, directory, options, progress, context).run();
  } catch (error) {
    throw translateFileError(error, options.path);
  }
}

class PhysicalRestore {
  readonly #reader: PointReader;
  readonly #directory: DataDirectory;
  readonly #options: PhysicalRestoreOptions;
  readonly #progress: Progress;
  readonly #context: EngineContext;
  /** Files as the recovery point describes them, by path in the data directory. */
  readonly #stored = new Map<BytePath, ManifestFile>();
  readonly #tablespaces = new Set<string>();
  readonly #leftOut = new Set<BytePath>();
  #control: StoredEntry | undefined;
  #manifest: Buffer | undefined;
  #bytes = 0;
  #entries = 0;

  constructor(
    reader: PointReader,
    directory: DataDirectory,
    options: PhysicalRestoreOptions,
    progress: Progress,
    context: EngineContext,
  ) {
    this.#reader = reader;
    this.#directory = directory;
    this.#options = options;
    this.#progress = progress;
    this.#context = context;
  }

  async run(): Promise<RestoreResult> {
    for await (const entry of this.#reader.entries()) await this.#restoreEntry(entry);
    if (!this.#control || !this.#manifest) {
      throw new HoldfastError('RestoreMismatch', 'the recovery point lacks the control file or the backup manifest');
    }
    await this.#restoreFile(this.#control, CONTROL_FILE);
    const count = await this.#compare(parseManifest(this.#manifest));
    const wal = await verifyRestoredWal(this.#options.path, this.#reader.facts);
    await this.#directory.syncFolders();
    // The mark of health: everything before this line has been proven and is durable.
    await this.#directory.publish(this.#placeOf(CONTROL_FILE), this.#directory.resolve(CONTROL_FILE));
    const detail = `${count} files read back and equal to the server's manifest; ${wal.segments} WAL segments, ${wal.records} records walked`;
    return {
      restoredBytes: this.#bytes,
      restoredEntries: this.#entries,
      compared: { equal: true, count: count + wal.segments, detail },
      warnings: this.#warnings(),
    };
  }

  async #restoreEntry(entry: StoredEntry): Promise<void> {
    if (this.#context.signal.aborted)
      throw new HoldfastError('ExecutionStopped', 'stopped while restoring a data directory');
    this.#entries++;
    const path = entry.path.toString('latin1');
    if (path === MANIFEST_PATH) return this.#restoreManifest(entry);
    if (path === DATA_ROOT) return;
    if (!path.startsWith(`${DATA_ROOT}/`)) {
      throw new HoldfastError('UnsafePath', 'the recovery point holds a path outside of the data directory', {
        path: toText(path),
      });
    }
    const key = path.slice(DATA_ROOT.length + 1);
    if (entry.kind === 'directory') return this.#restoreFolder(key, entry.mode);
    if (entry.kind !== 'file')
      throw new HoldfastError('UnsafePath', `the recovery point holds a ${entry.kind}`, { path: toText(key) });
    if (key === CONTROL_FILE) this.#control = entry;
    else if (SIGNAL_FILES.includes(key)) this.#leftOut.add(key);
    else await this.#restoreFile(entry, key);
  }

  async #restoreManifest(entry: StoredEntry): Promise<void> {
    if (entry.sizeBytes > LIMITS.objectBytesMax)
      throw new HoldfastError('RestoreMismatch', 'the backup manifest is too large');
    const pieces: Buffer[] = [];
    for await (const piece of this.#reader.read(entry)) pieces.push(Buffer.from(piece));
    this.#manifest = Buffer.concat(pieces);
    const file = await this.#directory.openNew(this.#directory.resolve(MANIFEST_PATH), entry.mode);
    try {
      await file.writeFile(this.#manifest);
      await file.sync();
    } finally {
      await file.close();
    }
    this.#bytes += this.#manifest.length;
  }

  /** A tablespace's content goes inside the data directory; recovery insists on a link under its number. */
  async #restoreFolder(key: BytePath, mode: number): Promise<void> {
    const oid = TABLESPACE_PATH.exec(key)?.[1];
    if (oid === undefined) {
      await this.#directory.makeFolder(this.#placeOf(key), mode);
      return;
    }
    this.#tablespaces.add(oid);
    const place = `${RESTORED_TABLESPACES}/${oid}`;
    await this.#directory.makeFolder(this.#directory.resolve(place), 0o700);
    await this.#directory.makeLink(
      this.#directory.resolve(key),
      `${bytePath(this.#options.linkRoot ?? this.#options.path)}/${place}`,
    );
  }

  async #restoreFile(entry: StoredEntry, key: BytePath): Promise<void> {
    if (entry.sha256 === undefined)
      throw new HoldfastError('RestoreMismatch', 'the recovery point holds a file without a hash', {
        path: toText(key),
      });
    const file = await this.#directory.openNew(this.#placeOf(key), entry.mode);
    try {
      for await (const piece of this.#reader.read(entry)) {
        await file.writeFile(piece);
        this.#bytes += piece.length;
      }
    } finally {
      await file.close();
    }
    this.#stored.set(key, { sizeBytes: entry.sizeBytes, sha256: entry.sha256 });
    this.#progress({ phase: 'files', doneBytes: this.#bytes });
  }

  /**
   * Where a file of the data directory really goes: a tablespace's files to their folder, so that no link is followed; the control
   * file under a name that no server looks at.
   */
  #placeOf(key: BytePath): BytePath {
    if (key === CONTROL_FILE) return this.#directory.resolve(PENDING_CONTROL_FILE);
    const match = IN_TABLESPACE.exec(key);
    return this.#directory.resolve(
      match?.[1] ? `${RESTORED_TABLESPACES}/${match[1]}/${key.slice(match[0].length)}` : key,
    );
  }

  /** What lies on the disk now against the recovery point, and against the manifest the server wrote. */
  async #compare(manifest: BackupManifest): Promise<number> {
    this.#progress({ phase: 'reading back', doneBytes: this.#bytes });
    const places = new Map([...this.#stored.keys()].map((key) => [key, this.#placeOf(key)]));
    const onDisk = await readBack(places, this.#context.signal);
    for (const [key, expected] of this.#stored) {
      if (onDisk.get(key)?.sha256 === expected.sha256) continue;
      throw new HoldfastError('RestoreMismatch', 'a restored file differs from the backup', { path: toText(key) });
    }
    const seen = new Map([...onDisk].filter(([key]) => !key.startsWith(`${WAL_FOLDER}/`)));
    for (const key of this.#leftOut) {
      const listed = manifest.files.get(key);
      if (listed) seen.set(key, listed);
    }
    const count = assertMatchesManifest(manifest, seen, 'RestoreMismatch');
    await this.#assertNothingElse(new Set(places.values()));
    return count - this.#leftOut.size;
  }

  async #assertNothingElse(known: ReadonlySet<BytePath>): Promise<void> {
    const manifestPlace = this.#directory.resolve(MANIFEST_PATH);
    const extra = (await listFiles(this.#directory.root)).find((path) => path !== manifestPlace && !known.has(path));
    if (extra === undefined) return;
    throw new HoldfastError('RestoreMismatch', 'the data directory holds a file that the backup does not', {
      path: toText(extra),
    });
  }

  #warnings(): readonly string[] {
    const { path, processUid } = this.#options;
    const belongsToRoot = processUid === ROOT_UID && this.#directory.owner === undefined;
    return [
      ...(belongsToRoot
        ? [
            `the files belong to root, as which the server refuses to run; give '${path}' to the server's user before starting it`,
          ]
        : []),
      ...[...this.#leftOut].map(
        (key) => `${key} was left out, so that the restored server stands alone and does not follow the source`,
      ),
      ...[...this.#tablespaces].map(
        (oid) => `tablespace ${oid} lies in ${RESTORED_TABLESPACES}/${oid} of the data directory`,
      ),
    ];
  }
}
