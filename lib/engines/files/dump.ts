// Dumps one tree into the sink, in manifest order. Safe to run twice: it only reads the source, and a sink that was not sealed counts
// for nothing.

import { readlinkSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { release } from 'node:os';

import type { UnitFacts } from '../../domain/backup-record.ts';
import type { EntryKind, EntryMeta, StoredEntry } from '../../domain/entry.ts';
import { HoldfastError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { DumpSink, DumpUnit, EngineContext } from '../../ports/engine.ts';
import { dumpFile, metaOf } from './dump-file.ts';
import { compileExcludes } from './exclude.ts';
import { Findings } from './findings.ts';
import { ReadMoment } from './read-moment.ts';
import { rootDetails } from './root-metadata.ts';
import type { FilesSettings } from './settings.ts';
import { SYSTEM_CALLS_MAX, SystemCalls } from './system-calls.ts';
import type { Xattr } from './system-calls.ts';
import { Turns } from './turns.ts';
import { fileSystemOf, openUnitRoot, statRoot, unitPath } from './unit-root.ts';
import type { UnitRoot } from './unit-root.ts';
import { Walk } from './walk.ts';
import type { Found, WalkStep } from './walk.ts';

/** A quarter of a record may go to warnings, shared by its units. */
const WARNING_BYTES_OF_RECORD = LIMITS.catalogItemBytesMax / 4;

/** Looking ahead saves round trips for attributes; past this many bytes the look would be old when its file is read. */
const LOOK_AHEAD_BYTES_MAX = 16n * 1024n * 1024n;

export interface TreeDump {
  readonly settings: FilesSettings;
  readonly unit: DumpUnit;
  readonly sink: DumpSink;
  readonly context: EngineContext;
  readonly perlPath: string;
}

/** @throws SourceUnreachable, SourcePrivilegeMissing, SourceChanged, DumpIncomplete, ExecutionStopped */
export async function dumpTree({ settings, unit, sink, context, perlPath }: TreeDump): Promise<UnitFacts> {
  const root = openUnitRoot(unitPath(unit));
  const findings = new Findings({ warningBytesMax: WARNING_BYTES_OF_RECORD / settings.paths.length });
  const walk = openWalk(root, settings, findings);
  const calls = settings.xattrs ? await SystemCalls.start(perlPath, context.signal) : undefined;
  if (settings.xattrs && calls === undefined)
    findings.warn('extended attributes were not captured: perl is not installed');
  try {
    // Before the walk, which closes the root behind it.
    const rootXattrs = await readRootXattrs(root, calls);
    const tree = new TreeReader({ sink, walk, findings, calls, context, totalBytes: unit.sizeBytesEstimate });
    await tree.read();
    assertSameRoot(root);
    return factsOf(root, findings, { hasXattrs: calls !== undefined, ...rootDetails(root.stat, rootXattrs) });
  } finally {
    walk.closeAll();
    await calls?.stop();
  }
}

function openWalk(root: UnitRoot, settings: FilesSettings, findings: Findings): Walk {
  const rules = {
    excludes: compileExcludes(settings.exclude),
    // A person who names a symlink to a file means the file.
    followSymlinks: settings.followSymlinks || root.onlyName !== undefined,
    oneFileSystem: settings.oneFileSystem,
    ...(root.onlyName === undefined ? {} : { onlyName: root.onlyName }),
  };
  return new Walk({ handle: root.handle, absolutePath: Buffer.from(root.handlePath) }, rules, findings);
}

/** A file system that was unmounted half-way leaves an empty directory and no error at all. */
function assertSameRoot(root: UnitRoot): void {
  const now = statRoot(root.path);
  if (now.dev === root.stat.dev && (now.ino === root.stat.ino || root.onlyName !== undefined)) return;
  throw new HoldfastError('SourceChanged', `unable to finish: another tree stands at '${root.path}' now`, {
    path: root.path,
  });
}

async function readRootXattrs(root: UnitRoot, calls: SystemCalls | undefined): Promise<readonly Xattr[]> {
  return (
    (await calls?.make([{ kind: 'get-xattrs', path: root.handle.childForOthers(Buffer.from('.')) }]))?.[0]?.xattrs ?? []
  );
}

function factsOf(root: UnitRoot, findings: Findings, more: UnitFacts['details']): UnitFacts {
  const { files, directories, symlinks, hardlinks, others, bytesRead, reused } = findings;
  if (files + directories + symlinks + hardlinks + others === 0)
    findings.warn('the tree is empty: is its file system mounted?');
  return {
    sourceVersion: `linux ${release()}`,
    includedFiles: files + hardlinks,
    warnings: findings.warnings,
    details: {
      path: root.path,
      pathKind: root.onlyName === undefined ? 'directory' : 'file',
      fileSystem: fileSystemOf(root.handlePath),
      ...{ files, directories, symlinks, hardlinks, others, bytesRead, reused },
      excluded: findings.excludedCount,
      unreadable: findings.unreadableCount,
      changed: findings.changedCount,
      ...more,
    },
  };
}

interface TreeReaderParts {
  readonly sink: DumpSink;
  readonly walk: Walk;
  readonly findings: Findings;
  readonly calls: SystemCalls | undefined;
  readonly context: EngineContext;
  readonly totalBytes: number;
}

/** A step of the walk with what was learned about it ahead of its turn. */
interface Prepared {
  readonly step: WalkStep;
  readonly unchanged?: StoredEntry;
  readonly xattrs: Pick<EntryMeta, 'xattrs'>;
}

class TreeReader {
  readonly #parts: TreeReaderParts;
  readonly #turns: Turns;
  readonly #moment: ReadMoment;
  /** First path of each inode that has further names still to come. */
  readonly #firstNames = new Map<string, { readonly path: Buffer; namesLeft: bigint }>();

  constructor(parts: TreeReaderParts) {
    this.#parts = parts;
    this.#turns = new Turns(parts.context);
    this.#moment = new ReadMoment(parts.context.scratchDir);
  }

  async read(): Promise<void> {
    const steps = this.#parts.walk.steps();
    for (let batch = this.#nextBatch(steps); batch.length > 0; batch = this.#nextBatch(steps)) {
      for (const { step, unchanged, xattrs } of await this.#prepare(batch)) {
        if (step.kind === 'left') this.#parts.walk.close(step.directory);
        else await this.#dumpEntry(step.found, unchanged, xattrs);
        const turn = this.#turns.take();
        if (turn !== undefined) await turn;
      }
    }
    this.#tellProgress();
  }

  #nextBatch(steps: Iterator<WalkStep>): WalkStep[] {
    const batch: WalkStep[] = [];
    for (let bytes = 0n; batch.length < SYSTEM_CALLS_MAX && bytes < LOOK_AHEAD_BYTES_MAX;) {
      const next = steps.next();
      if (next.done === true) break;
      batch.push(next.value);
      if (next.value.kind === 'found') bytes += next.value.found.stat.size;
    }
    return batch;
  }

  /** Asks the previous point, in order, and reads the attributes of whatever is new or changed, in one call. */
  async #prepare(batch: readonly WalkStep[]): Promise<Prepared[]> {
    const unchanged: (StoredEntry | undefined)[] = [];
    for (const step of batch) unchanged.push(step.kind === 'found' ? await this.#findUnchanged(step.found) : undefined);
    const wanted = batch.flatMap((step, at) =>
      step.kind === 'found' && unchanged[at]?.xattrs === undefined ? [{ at, found: step.found }] : [],
    );
    const xattrs = await this.#readXattrs(wanted);
    return batch.map((step, at) => {
      const same = unchanged[at];
      const known = same?.xattrs === undefined || this.#parts.calls === undefined ? {} : { xattrs: same.xattrs };
      return { step, ...(same === undefined ? {} : { unchanged: same }), xattrs: xattrs.get(at) ?? known };
    });
  }

  async #findUnchanged({ path, stat }: Found): Promise<StoredEntry | undefined> {
    if (!stat.isFile()) return undefined;
    const previous = await this.#parts.sink.previous(path);
    return previous !== undefined && isUnchanged(previous, stat) ? previous : undefined;
  }

  async #readXattrs(
    wanted: readonly { readonly at: number; readonly found: Found }[],
  ): Promise<Map<number, Pick<EntryMeta, 'xattrs'>>> {
    const { calls, findings } = this.#parts;
    if (calls === undefined) return new Map();
    const results = await calls.make(wanted.map(({ found }) => ({ kind: 'get-xattrs', path: found.absolutePath })));
    return new Map(
      wanted.map(({ at, found }, nth) => {
        const { errno, xattrs } = results[nth]!;
        if (errno !== 0 && !HARMLESS_ERRNOS.includes(errno))
          findings.warn(`unable to read extended attributes (errno ${errno})`, found.path);
        return [at, errno === 0 ? { xattrs } : {}];
      }),
    );
  }

  async #dumpEntry(found: Found, unchanged: StoredEntry | undefined, xattrs: Pick<EntryMeta, 'xattrs'>): Promise<void> {
    const { sink, findings } = this.#parts;
    const { path, stat } = found;
    if (stat.isFile()) return await this.#dumpFileOrLink(found, unchanged, xattrs);
    if (stat.isDirectory()) {
      findings.directories++;
      return await sink.add({ ...metaOf(path, 'directory', stat), ...xattrs });
    }
    if (stat.isSymbolicLink()) {
      const linkTarget = findings.attempt(path, () =>
        readlinkSync(found.directory.child(found.name), { encoding: 'buffer' }),
      );
      if (linkTarget === undefined) return;
      findings.symlinks++;
      return await sink.add({ ...metaOf(path, 'symlink', stat), linkTarget, ...xattrs });
    }
    findings.others++;
    await sink.add({ ...specialMeta(path, stat), ...xattrs });
  }

  async #dumpFileOrLink(
    found: Found,
    unchanged: StoredEntry | undefined,
    xattrs: Pick<EntryMeta, 'xattrs'>,
  ): Promise<void> {
    const { sink, findings, walk } = this.#parts;
    const { path, stat } = found;
    const first = this.#firstNameOf(stat);
    if (first !== undefined) {
      findings.hardlinks++;
      return await sink.add({ ...metaOf(path, 'hardlink', stat), linkTarget: first });
    }
    let read: BigIntStats | undefined = stat;
    if (unchanged !== undefined) {
      const ranges = unchanged.dataRanges === undefined ? {} : { dataRanges: unchanged.dataRanges };
      await sink.reuse({ ...metaOf(path, 'file', stat), ctimeNs: stat.ctimeNs, inode: stat.ino, ...ranges, ...xattrs });
      findings.reused++;
    } else {
      const moment = this.#moment;
      read = await dumpFile(found, xattrs, {
        sink,
        walk,
        findings,
        turns: this.#turns,
        moment,
        progressed: () => this.#tellProgress(),
      });
      if (read === undefined) return;
    }
    findings.files++;
    if (read.nlink > 1n) this.#firstNames.set(inodeKey(read), { path, namesLeft: read.nlink - 1n });
  }

  /** Forgets an inode after its last name, so that memory follows the names still awaited and not the tree. */
  #firstNameOf(stat: BigIntStats): Buffer | undefined {
    if (stat.nlink < 2n) return undefined;
    const key = inodeKey(stat);
    const known = this.#firstNames.get(key);
    if (known === undefined) return undefined;
    known.namesLeft--;
    if (known.namesLeft === 0n) this.#firstNames.delete(key);
    return known.path;
  }

  #tellProgress(): void {
    const { sink, findings, totalBytes } = this.#parts;
    sink.progress({ phase: 'reading', doneBytes: findings.bytesRead, totalBytes });
  }
}

function isUnchanged(previous: StoredEntry, stat: BigIntStats): boolean {
  return (
    previous.kind === 'file' &&
    previous.sizeBytes === Number(stat.size) &&
    previous.mtimeNs === stat.mtimeNs &&
    previous.ctimeNs === stat.ctimeNs &&
    previous.inode === stat.ino
  );
}

function specialMeta(path: Buffer, stat: BigIntStats): EntryMeta {
  const kind: EntryKind = stat.isFIFO() ? 'fifo' : stat.isCharacterDevice() ? 'character-device' : 'block-device';
  return { ...metaOf(path, kind, stat), ...(kind === 'fifo' ? {} : { deviceNumber: Number(stat.rdev) }) };
}

/** ENOENT: the entry went away, and its own turn will say so. EOPNOTSUPP, ENOSYS: there are none to read. ELOOP: it became a symlink. */
const HARMLESS_ERRNOS = [2, 95, 38, 40];

const inodeKey = (stat: BigIntStats): string => `${stat.dev}:${stat.ino}`;
