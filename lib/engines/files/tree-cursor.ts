// Walks a target tree along the paths of a manifest, keeping the directories of the current path open. Every step goes from one open
// directory into a child that is no symlink, so no path, made up or raced, ever leaves the root.

import { split } from './entry-paths.ts';
import { DirectoryHandle } from './directory-handle.ts';
import { errorCode } from './findings.ts';

interface Level {
  readonly name: Buffer;
  readonly handle: DirectoryHandle;
}

export interface Place {
  readonly directory: DirectoryHandle;
  readonly name: Buffer;
}

export class TreeCursor {
  readonly #root: DirectoryHandle;
  #levels: Level[] = [];

  /** The root stays the caller's to close. */
  constructor(root: DirectoryHandle) {
    this.#root = root;
  }

  /** Where an entry belongs; missing directories on the way are made, private to us. Handles live until the cursor moves elsewhere. */
  placeOf(path: Buffer): Place {
    const components = split(path);
    const name = components.pop()!;
    return { directory: this.#enter(components, (parent, child) => parent.ensureChild(child).handle), name };
  }

  /** The same for an existing path; undefined when a directory on the way is missing. */
  find(path: Buffer): Place | undefined {
    const components = split(path);
    const name = components.pop()!;
    try {
      return { directory: this.#enter(components, (parent, child) => parent.openChild(child)), name };
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Makes the directory itself unless it is there. */
  makeDirectory(path: Buffer): void {
    this.#enter(split(path), (parent, child) => parent.ensureChild(child).handle);
  }

  /** True when going to this path closes the directory of the last place. */
  leavesFor(path: Buffer): boolean {
    const components = split(path);
    return (
      this.#levels.length > components.length - 1 ||
      this.#levels.some(({ name }, depth) => !name.equals(components[depth]!))
    );
  }

  close(): void {
    for (const { handle } of this.#levels.splice(0).reverse()) handle.close();
  }

  #enter(
    components: readonly Buffer[],
    open: (parent: DirectoryHandle, name: Buffer) => DirectoryHandle,
  ): DirectoryHandle {
    const firstOther = this.#levels.findIndex(({ name }, depth) => components[depth]?.equals(name) !== true);
    const kept = firstOther < 0 ? this.#levels.length : firstOther;
    for (const { handle } of this.#levels.splice(kept).reverse()) handle.close();
    for (const name of components.slice(this.#levels.length)) {
      this.#levels.push({ name, handle: open(this.#levels.at(-1)?.handle ?? this.#root, name) });
    }
    return this.#levels.at(-1)?.handle ?? this.#root;
  }
}
