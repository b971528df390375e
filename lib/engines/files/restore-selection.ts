// Which entries of a unit a person wants: exact paths, or directories with everything in them. Everything, when nothing was named.

import { HoldfastError } from '../../domain/errors.ts';
import { isBelow } from './entry-paths.ts';

export class Selection {
  readonly #wanted: readonly { readonly text: string; readonly path: Buffer }[];
  readonly #isEverything: boolean;
  readonly #matched = new Set<string>();

  /** @param root absolute path that the unit was read from; a selected path may be absolute, or relative to the unit */
  constructor(selected: readonly string[], root: string) {
    const wanted = selected.map((text) => ({ text, path: inUnit(text, root) }));
    this.#isEverything = selected.length === 0 || wanted.some(({ path }) => path?.length === 0);
    this.#wanted = wanted.flatMap(({ text, path }) => (path === undefined ? [] : [{ text, path }]));
    for (const { text, path } of this.#wanted) if (path.length === 0) this.#matched.add(text);
  }

  get isEverything(): boolean {
    return this.#isEverything;
  }

  includes(path: Buffer): boolean {
    if (this.#isEverything) return true;
    const found = this.#wanted.find((wanted) => wanted.path.equals(path) || isBelow(path, wanted.path));
    if (found !== undefined) this.#matched.add(found.text);
    return found !== undefined;
  }

  /** A directory above something wanted: restored with its own metadata, without its other content. */
  leadsTo(path: Buffer): boolean {
    return this.#wanted.some((wanted) => isBelow(wanted.path, path));
  }

  get matched(): ReadonlySet<string> {
    return this.#matched;
  }
}

/** A selected path that is nowhere would give an empty restore that looks like a good one. @throws NotFound */
export function assertAllMatched(selected: readonly string[], selections: readonly Selection[]): void {
  const missing = selected.find((text) => !selections.some((selection) => selection.matched.has(text)));
  if (missing === undefined) return;
  throw new HoldfastError('NotFound', `unable to find '${missing}' in the recovery point`, { path: missing });
}

/** Undefined when an absolute path lies in another unit. @throws InvalidRequest */
function inUnit(text: string, root: string): Buffer | undefined {
  if (text === '' || text.includes('\0') || text.split('/').includes('..')) {
    throw new HoldfastError('InvalidRequest', `unable to select '${text}': it is no path inside a backup`, {
      path: text,
    });
  }
  const plain = text
    .split('/')
    .filter((component) => component !== '' && component !== '.')
    .join('/');
  if (!text.startsWith('/')) return Buffer.from(plain);
  const above = root
    .split('/')
    .filter((component) => component !== '')
    .join('/');
  if (plain === above) return Buffer.alloc(0);
  if (above === '') return Buffer.from(plain);
  return plain.startsWith(`${above}/`) ? Buffer.from(plain.slice(above.length + 1)) : undefined;
}
