// Finds the declared stores that a request means by service or by path. Nothing undeclared is ever read.

import path from 'node:path';
import { HoldfastError } from '../../domain/errors.ts';
import type { StorePolicy } from '../../domain/store-policy.ts';
import type { Platform } from '../../ports/platform.ts';

/** Stores of a service that are databases, all or the named ones. @throws NotFound, CapabilityUnsupported */
export function databaseStoresOf(
  platform: Platform,
  service: string,
  named: readonly string[] | undefined,
): readonly string[] {
  const ofService = platform.policies.stores().filter((policy) => policy.service === service);
  if (ofService.length === 0)
    throw new HoldfastError('NotFound', `no service '${service}'`, { parameter: 'serviceId' });
  const databases = ofService.filter((policy) => isDatabase(platform, policy)).map((policy) => policy.store);
  const strangers = (named ?? []).filter((store) => !databases.includes(store));
  if (strangers.length > 0) {
    throw new HoldfastError('NotFound', `service '${service}' has no database '${strangers.join("', '")}'`, {
      pointer: '/stores',
    });
  }
  if (databases.length === 0) {
    throw new HoldfastError('NotFound', `service '${service}' has no database, its stores are ${listOf(ofService)}`, {
      parameter: 'serviceId',
    });
  }
  return named ?? databases;
}

/** A store from which one restores paths is a tree of files; every other one is a database. */
function isDatabase(platform: Platform, policy: StorePolicy): boolean {
  const method = platform.engine(policy.engine).methods.find((candidate) => candidate.method === policy.method);
  return method !== undefined && method.partialRestore !== 'paths';
}

/**
 * The store whose tree holds the path. The gateway may have decoded it and taken its first slash, so `var/lib` means `/var/lib`.
 * @throws NotFound naming the trees there are
 */
export function storesHolding(platform: Platform, given: string): readonly string[] {
  const wanted = path.posix.normalize(`/${given}`);
  const trees = platform.policies
    .stores()
    .flatMap((policy) => rootsOf(policy).map((root) => ({ store: policy.store, root })));
  const holding = trees
    .filter(({ root }) => isInside(root, wanted))
    .toSorted((left, right) => right.root.length - left.root.length);
  const [nearest] = holding;
  if (nearest === undefined) {
    const known = trees.map(({ root, store }) => `${root} (${store})`).join(', ');
    throw new HoldfastError(
      'NotFound',
      `no store holds '${wanted}'; the declared trees are ${known === '' ? 'none' : known}`,
      { parameter: 'path' },
    );
  }
  return [nearest.store];
}

const ROOT_FIELDS = ['path', 'paths', 'root', 'roots', 'directory', 'directories'];

function rootsOf(policy: StorePolicy): readonly string[] {
  return ROOT_FIELDS.flatMap((field) => policy.source[field] ?? [])
    .filter((value): value is string => typeof value === 'string')
    .filter((value) => path.posix.isAbsolute(value))
    .map((value) => path.posix.normalize(value));
}

function isInside(root: string, wanted: string): boolean {
  const relative = path.posix.relative(root, wanted);
  return relative === '' || !(relative === '..' || relative.startsWith('../'));
}

const listOf = (policies: readonly StorePolicy[]): string => policies.map((policy) => `'${policy.store}'`).join(', ');
