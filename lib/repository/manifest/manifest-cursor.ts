// Walks a previous manifest beside a new dump: constant memory while paths are asked for in order, a seek when they are not.

import { comparePaths } from '../../domain/entry.ts';
import type { BlockDecoder } from './block-codec.ts';
import type { ManifestEntry } from './content-run.ts';
import type { Manifest } from './manifest.ts';

export class ManifestCursor {
  readonly #manifest: Manifest;
  #block = -1;
  #decoder: BlockDecoder | undefined;
  #hasEntry = false;
  #lastAsked: Buffer | undefined;

  constructor(manifest: Manifest) {
    this.#manifest = manifest;
  }

  /** @throws IntegrityViolation */
  async find(path: Buffer): Promise<ManifestEntry | undefined> {
    const wanted = this.#manifest.blockFor(path);
    if (wanted < 0) return undefined;
    const isBackwards = this.#lastAsked !== undefined && comparePaths(this.#lastAsked, path) > 0;
    if (wanted !== this.#block || isBackwards) await this.#enter(wanted);
    this.#lastAsked = Buffer.from(path);
    const decoder = this.#decoder!;
    while (this.#hasEntry) {
      const order = comparePaths(decoder.path, path);
      if (order === 0) return this.#manifest.decode(decoder);
      if (order > 0) return undefined;
      this.#hasEntry = decoder.next();
    }
    return undefined;
  }

  async #enter(block: number): Promise<void> {
    this.#decoder = await this.#manifest.block(block);
    this.#block = block;
    this.#hasEntry = this.#decoder.next();
  }
}
