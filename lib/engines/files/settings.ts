// The settings of a file tree source: parsed strictly, so that a mistyped key cannot leave something out of a backup.

import { posix } from 'node:path';

import { z } from 'zod';

import { HoldfastError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { EXCLUDES_MAX, excludeProblem } from './exclude.ts';

export const METHOD = 'tree';
/** Names of tools that the sources use for the same thing: a copy of a tree with its metadata. */
export const METHOD_ALIASES = ['rsync', 'tar'] as const;

export interface FilesSettings {
  /** Absolute, normal (no `.`, `..`, double or trailing slash), none inside another. Path n is the unit `path/<n>`. */
  readonly paths: readonly string[];
  readonly exclude: readonly string[];
  readonly followSymlinks: boolean;
  readonly oneFileSystem: boolean;
  readonly xattrs: boolean;
}

const absolutePath = z
  .string()
  .min(1)
  .max(LIMITS.pathBytesMax)
  .refine((path) => path.startsWith('/'), 'must be an absolute path')
  .refine((path) => !path.includes('\0'), 'must not contain a NUL character')
  .refine((path) => !path.split('/').includes('..'), 'must not contain ".."')
  .transform((path) => posix.normalize(path).replace(/(?<=.)\/$/, ''));

const settingsSchema = z.strictObject({
  paths: z.array(absolutePath).min(1).max(LIMITS.unitsMax).superRefine(refuseOverlap),
  exclude: z.array(z.string()).max(EXCLUDES_MAX).default([]).superRefine(refuseBadPatterns),
  followSymlinks: z.boolean().default(false),
  oneFileSystem: z.boolean().default(true),
  xattrs: z.boolean().default(true),
});

/** @throws CapabilityUnsupported for an unknown method, InvalidConfiguration whose facts name the `path` inside the settings */
export function parseSettings(method: string, settings: Readonly<Record<string, unknown>>): JsonObject {
  if (method !== METHOD && !(METHOD_ALIASES as readonly string[]).includes(method)) {
    throw new HoldfastError('CapabilityUnsupported', `unable to back up files by method '${method}'`, {
      method,
      known: METHOD,
    });
  }
  const parsed = settingsSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const path = [...(issue?.path ?? []), ...keys].map(String).join('.');
  throw new HoldfastError(
    'InvalidConfiguration',
    `unable to use the settings of a file source: ${path}: ${issue?.message ?? ''}`,
    { path },
  );
}

/** Settings that parseSettings() returned, with their type; parsed again because they crossed a process as plain JSON. */
export function filesSettings(settings: JsonObject): FilesSettings {
  return settingsSchema.parse(settings);
}

/** Two units with the same file would back it up twice and collide when both are restored into one directory. */
function refuseOverlap(paths: readonly string[], context: z.RefinementCtx): void {
  for (const [index, path] of paths.entries()) {
    const outer = paths.find(
      (other, at) => at !== index && isInside({ path, root: other }) && (other !== path || at < index),
    );
    if (outer === undefined) continue;
    const message = outer === path ? `'${path}' stands here twice` : `'${path}' lies inside '${outer}'`;
    context.addIssue({ code: 'custom', path: [index], message });
  }
}

export function isInside({ path, root }: { readonly path: string; readonly root: string }): boolean {
  return path === root || path.startsWith(root === '/' ? '/' : `${root}/`);
}

function refuseBadPatterns(patterns: readonly string[], context: z.RefinementCtx): void {
  for (const [index, pattern] of patterns.entries()) {
    const problem = excludeProblem(pattern);
    if (problem !== undefined) context.addIssue({ code: 'custom', path: [index], message: problem });
  }
}
