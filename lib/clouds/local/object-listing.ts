// Walks the objects of a location in the byte order of their keys, reading only directories that can hold what was asked for.

import { join } from 'node:path';

import { HoldfastError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { DurableFiles } from './durable-files.ts';
import { codeOf } from './durable-files.ts';
import type { ObjectOnDisk } from './object-facts.ts';
import { readObjectFacts } from './object-facts.ts';
import type { Found } from './object-paths.ts';
import { directoryName, directoryOfPrefix, foundInDirectory } from './object-paths.ts';

/** Facts of one page are read by so many at once: enough to keep a disk busy, few enough for Node's four file threads. */
const READS_AT_ONCE = 8;

interface Place {
  readonly key: string;
  readonly path: string;
}

export interface ListRequest {
  /** The directory that all keys lie below. */
  readonly root: string;
  readonly prefix: string;
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** One page of objects with their facts. @throws InvalidRequest */
export async function listObjects(
  files: DurableFiles,
  request: ListRequest,
): Promise<{ readonly objects: readonly ObjectOnDisk[]; readonly next?: string }> {
  const { root, prefix, after = '' } = request;
  const limit = Math.min(request.limit ?? LIMITS.pageItemsMax, LIMITS.pageItemsMax);
  if (!(limit >= 1))
    throw new HoldfastError('InvalidRequest', 'unable to list objects: the limit must be at least 1', { limit });
  const { directory, components } = directoryOfPrefix(prefix);
  const found: Place[] = [];
  for await (const place of walk(files, join(root, ...components.map(directoryName)), directory, { prefix, after })) {
    found.push(place);
    if (found.length > limit) break;
  }
  const page = found.slice(0, limit);
  const facts = await inGroups(page, ({ path, key }) => readObjectFacts(files, path, key));
  // An object may have been deleted since it was found.
  const objects = facts.filter((object) => object !== undefined);
  const last = page.at(-1);
  return found.length > limit && last !== undefined ? { objects, next: last.key } : { objects };
}

async function* walk(
  files: DurableFiles,
  path: string,
  keyBefore: string,
  bounds: { readonly prefix: string; readonly after: string },
): AsyncGenerator<Place> {
  for (const found of foundInDirectory(await namesIn(files, path))) {
    const key = keyBefore + found.text;
    if (!mayMatch(found, key, bounds)) continue;
    if (found.isObject) yield { key, path: join(path, found.name) };
    else yield* walk(files, join(path, found.name), key, bounds);
  }
}

/** Whether this object, or any key below this directory, begins with the prefix and comes after the given key. */
function mayMatch(
  found: Found,
  key: string,
  { prefix, after }: { readonly prefix: string; readonly after: string },
): boolean {
  if (found.isObject) return key.startsWith(prefix) && key > after;
  return (key.startsWith(prefix) || prefix.startsWith(key)) && (key > after || after.startsWith(key));
}

/** Nothing for a directory that is missing, or for a foreign file where a directory could be. */
export async function namesIn(files: DurableFiles, path: string): Promise<readonly string[]> {
  try {
    return await files.list(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}

async function inGroups<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += READS_AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + READS_AT_ONCE).map(work))));
  }
  return results;
}
