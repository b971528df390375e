// The source of the kill test: trees of a few megabytes from a seed, changed from version to version, each version kept aside.

import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { runProcess } from '../../scripts/run-process.ts';

/** Whole numbers from 0 up to, not including, the bound. Mulberry32: small, and the same on every machine. */
export type Chance = (bound: number) => number;

export function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

const FILES_PER_TREE = 24;
const FILE_BYTES_MAX = 256 * 1024;
/** Enough that every backup has new packs to write, and old ones to lean on. */
const CHANGED_PER_VERSION = 8;

export class ChangingTrees {
  readonly paths: readonly string[];
  readonly #kept: string;
  readonly #chance: Chance;
  #version = 0;

  constructor(folder: string, chance: Chance) {
    this.paths = ['left', 'right'].map((name) => path.join(folder, 'source', name));
    this.#kept = path.join(folder, 'versions');
    this.#chance = chance;
    for (const tree of this.paths) {
      mkdirSync(path.join(tree, 'deep'), { recursive: true });
      for (let file = 0; file < FILES_PER_TREE; file++) this.#write(tree, file);
    }
  }

  /** Changes the trees and keeps a copy of what they are now. Returns the number of the version. */
  change(): number {
    for (const tree of this.paths) {
      for (let i = 0; i < CHANGED_PER_VERSION; i++) this.#write(tree, this.#chance(FILES_PER_TREE));
      rmSync(path.join(tree, nameOf(this.#chance(FILES_PER_TREE))), { force: true });
    }
    this.#version++;
    for (const tree of this.paths) {
      cpSync(tree, path.join(this.#kept, String(this.#version), tree), { recursive: true, preserveTimestamps: true });
    }
    return this.#version;
  }

  /** What `diff -r` says of a restored version; empty when it equals what was kept. */
  async differences(version: number, restored: string): Promise<string> {
    const found = await Promise.all(
      this.paths.map((tree) =>
        runProcess('diff', [
          '-r',
          '--no-dereference',
          path.join(this.#kept, String(version), tree),
          path.join(restored, tree),
        ]),
      ),
    );
    return found.map(({ exitCode, stdout, stderr }) => (exitCode === 0 ? '' : `${stdout}${stderr}`)).join('');
  }

  #write(tree: string, file: number): void {
    const bytes = Buffer.alloc(this.#chance(FILE_BYTES_MAX));
    for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.writeUInt32LE(this.#chance(0xffffffff), at);
    writeFileSync(path.join(tree, nameOf(file)), bytes);
  }
}

const nameOf = (file: number): string => (file % 3 === 0 ? `deep/file-${file}.bin` : `file-${file}.bin`);
