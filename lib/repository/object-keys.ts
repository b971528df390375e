// Where each object of a repository lies. Keys hold the attempt that wrote them, so nothing is ever overwritten.

import { HoldfastError } from '../domain/errors.ts';

const PACK_DIGITS = 5;

export const objectKeys = {
  repository: (store: string): string => `${store}/repository`,
  keys: (store: string, attempt: string): string => `${store}/keys/${attempt}`,
  pack: (store: string, attempt: string, number: number): string =>
    `${store}/packs/${attempt}/${String(number).padStart(PACK_DIGITS, '0')}`,
  index: (store: string, attempt: string): string => `${store}/indexes/${attempt}`,
  manifest: (store: string, attempt: string): string => `${store}/manifests/${attempt}`,
  point: (store: string, point: string): string => `${store}/points/${point}`,
  points: (store: string): string => `${store}/points/`,
  inventory: (store: string, point: string): string => `${store}/inventories/${point}`,
} as const;

const ATTEMPT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** An attempt becomes a path component at every location and a field of every header. @throws InvalidRequest */
export function assertAttemptName(attempt: string): void {
  if (!ATTEMPT.test(attempt))
    throw new HoldfastError('InvalidRequest', `unable to use '${attempt}' as the name of an attempt`, { attempt });
}

/** Last component of a key: the point that an object of `points/` or `inventories/` belongs to. */
export const nameOfKey = (key: string): string => key.slice(key.lastIndexOf('/') + 1);
