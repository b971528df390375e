// A disk in memory that forgets, at a crash, whatever was not synced: contents of files whose sync did not return, and names whose
// directory was not synced. Each such change survives or not by the test's choice, as on a real disk, where nobody can tell.

import { dirname, basename } from 'node:path';

import type { DurableFiles, FileFacts, NewFile } from '../../lib/clouds/local/durable-files.ts';

interface FileNode {
  readonly kind: 'file';
  readonly mode: number;
  content: Buffer;
  /** What a sync has made sure of; undefined before the first one. */
  synced: Buffer | undefined;
}

interface DirectoryNode {
  readonly kind: 'directory';
  names: Map<string, Node>;
  /** Names that a crash cannot take away. */
  readonly durable: Map<string, Node>;
}

type Node = FileNode | DirectoryNode;

/** A change of names that no sync of its directory has made durable yet. A rename is one change: half of it is never seen. */
interface NameChange {
  readonly directory: DirectoryNode;
  readonly name: string;
  /** Undefined: the name was removed. */
  readonly node: Node | undefined;
  readonly from?: { readonly directory: DirectoryNode; readonly name: string };
}

/** What becomes of one change that nothing has made durable. */
export type Fate = 'lost' | 'kept' | 'cut';
export type ChooseFate = () => Fate;

export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash';
}

export class LossyFiles implements DurableFiles {
  /** Calls that change something, in order. */
  readonly steps: string[] = [];
  readonly #root: DirectoryNode = newDirectory();
  #pending: NameChange[] = [];
  #crashAt: { readonly step: number; readonly side: 'before' | 'after' } | undefined;
  #crashAfter: string | undefined;
  #isDead = false;

  /** From now on counted, the power fails around that step; every later call fails, too, until restart(). */
  crashAt(step: number, side: 'before' | 'after'): void {
    this.#crashAt = { step: this.steps.length + step, side };
  }

  /** The process is killed after the next step whose text contains this. */
  crashAfter(text: string): void {
    this.#crashAfter = text;
  }

  /** The process dies, the machine lives: nothing is lost, calls work again. */
  restart(): void {
    this.#isDead = false;
    this.#crashAt = undefined;
    this.#crashAfter = undefined;
  }

  /** The power fails and comes back. */
  crash(choose: ChooseFate): void {
    for (const change of this.#pending) if (choose() !== 'lost') makeDurable(change);
    this.#pending = [];
    reload(this.#root, choose, new Set());
    this.restart();
  }

  createFile(path: string, mode: number): Promise<NewFile> {
    return this.#step(`create ${path}`, () => {
      const { directory, name } = this.#place(path);
      if (directory.names.has(name)) throw coded('EEXIST', path);
      const node: FileNode = { kind: 'file', mode, content: Buffer.alloc(0), synced: undefined };
      this.#change({ directory, name, node });
      return {
        write: (bytes) => this.#step(`write ${path}`, () => void (node.content = Buffer.concat([node.content, bytes]))),
        sync: () => this.#step(`sync ${path}`, () => void (node.synced = node.content)),
        close: async () => undefined,
      };
    });
  }

  async read(path: string, { offset, length }: { readonly offset: number; readonly length: number }): Promise<Buffer> {
    const node = this.#find(path);
    if (node?.kind !== 'file') throw coded(node === undefined ? 'ENOENT' : 'EISDIR', path);
    return Buffer.from(node.content.subarray(offset, offset + length));
  }

  async stat(path: string): Promise<FileFacts | undefined> {
    const node = this.#find(path);
    if (node === undefined) return undefined;
    const facts = { modifiedAtMs: 0 };
    return node.kind === 'file'
      ? { ...facts, isDirectory: false, sizeBytes: node.content.length, mode: node.mode }
      : { ...facts, isDirectory: true, sizeBytes: 0, mode: 0o700 };
  }

  async list(path: string): Promise<readonly string[]> {
    return [...this.#directory(path).names.keys()];
  }

  makeDirectory(path: string): Promise<void> {
    return this.#step(`mkdir ${path}`, () => {
      const { directory, name } = this.#place(path);
      if (directory.names.has(name)) throw coded('EEXIST', path);
      this.#change({ directory, name, node: newDirectory() });
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#step(`rename ${from} ${to}`, () => {
      const [source, target] = [this.#place(from), this.#place(to)];
      const node = source.directory.names.get(source.name);
      const replaced = target.directory.names.get(target.name);
      if (node === undefined) throw coded('ENOENT', from);
      if (replaced?.kind === 'directory' && replaced.names.size > 0) throw coded('ENOTEMPTY', to);
      if (replaced !== undefined && replaced.kind !== node.kind) throw coded('ENOTDIR', to);
      this.#change({ ...target, node, from: source });
    });
  }

  link(from: string, to: string): Promise<void> {
    return this.#step(`link ${from} ${to}`, () => {
      const node = this.#find(from);
      const target = this.#place(to);
      if (node?.kind !== 'file') throw coded('ENOENT', from);
      if (target.directory.names.has(target.name)) throw coded('EEXIST', to);
      this.#change({ ...target, node });
    });
  }

  async remove(path: string): Promise<void> {
    const node = this.#find(path);
    // Not atomic: what is inside goes name by name.
    if (node?.kind === 'directory') for (const name of [...node.names.keys()]) await this.remove(`${path}/${name}`);
    await this.#step(`remove ${path}`, () => {
      if (node !== undefined) this.#change({ ...this.#place(path), node: undefined });
    });
  }

  syncDirectory(path: string): Promise<void> {
    return this.#step(`sync ${path}/`, () => {
      const directory = this.#directory(path);
      const settled = this.#pending.filter((change) => change.directory === directory);
      for (const change of settled) makeDurable(change);
      this.#pending = this.#pending.filter(
        (change) => !settled.includes(change) && !settled.some((by) => isUndoneBy(change, by)),
      );
    });
  }

  async #step<T>(name: string, work: () => T): Promise<T> {
    if (this.#isDead) throw new SimulatedCrash(name);
    this.steps.push(name);
    const isHere = this.#crashAt?.step === this.steps.length;
    if (isHere && this.#crashAt?.side === 'before') throw this.#die(name);
    const result = work();
    if (isHere || (this.#crashAfter !== undefined && name.includes(this.#crashAfter))) throw this.#die(name);
    return result;
  }

  #die(name: string): SimulatedCrash {
    this.#isDead = true;
    return new SimulatedCrash(name);
  }

  #change(change: NameChange): void {
    change.from?.directory.names.delete(change.from.name);
    if (change.node === undefined) change.directory.names.delete(change.name);
    else change.directory.names.set(change.name, change.node);
    this.#pending.push(change);
  }

  #find(path: string): Node | undefined {
    if (this.#isDead) throw new SimulatedCrash(path);
    let node: Node | undefined = this.#root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      if (node?.kind === 'file') throw coded('ENOTDIR', path);
      node = node?.names.get(name);
    }
    return node;
  }

  #directory(path: string): DirectoryNode {
    const node = this.#find(path);
    if (node?.kind !== 'directory') throw coded(node === undefined ? 'ENOENT' : 'ENOTDIR', path);
    return node;
  }

  #place(path: string): { readonly directory: DirectoryNode; readonly name: string } {
    return { directory: this.#directory(dirname(path)), name: basename(path) };
  }
}

const newDirectory = (): DirectoryNode => ({ kind: 'directory', names: new Map(), durable: new Map() });

function makeDurable({ directory, name, node, from }: NameChange): void {
  if (from?.directory.durable.get(from.name) === node) from?.directory.durable.delete(from.name);
  if (node === undefined) directory.durable.delete(name);
  else directory.durable.set(name, node);
}

/** A journal keeps order: once a rename is durable, the older name that it took away cannot come back. */
const isUndoneBy = (change: NameChange, rename: NameChange): boolean =>
  rename.from?.directory === change.directory && rename.from.name === change.name && rename.node === change.node;

/** After the crash everything is what the disk has: durable names, and contents as the sync left them or as chance has it. */
function reload(node: Node, choose: ChooseFate, seen: Set<Node>): void {
  if (seen.has(node)) return;
  seen.add(node);
  if (node.kind === 'directory') {
    node.names = new Map(node.durable);
    for (const child of node.names.values()) reload(child, choose, seen);
    return;
  }
  if (node.synced !== node.content) {
    const fate = choose();
    const half = node.content.subarray(0, Math.floor(node.content.length / 2));
    // A file that was never synced can be there and be empty: its name has no part in its bytes.
    node.content = fate === 'kept' ? node.content : fate === 'cut' ? half : (node.synced ?? Buffer.alloc(0));
  }
  node.synced = node.content;
}

const coded = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code });
