// The variables a worker gets: a short list by name, never the whole environment. What the platform's own process was given (database
// passwords, cloud credentials, loader settings) reaches a dump tool only when a store's configuration refers to it.

import { LIMITS } from '../../domain/limits.ts';

/** Needed to find programs, write temporary files and read text right. */
const ALWAYS_PASSED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ'];
const MEBIBYTE = 1024 * 1024;
/** V8's heap gets this part of a worker's memory; the rest is for buffers, which live outside it. */
const HEAP_SHARE = 0.5;
const HEAP_MEBIBYTES_MIN = 64;

export interface WorkerCommand {
  /** Program and first arguments; job id and attempt are added. */
  readonly command: readonly string[];
  /** The platform's own variables, of which only named ones are passed on. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Names beside the usual ones: those that `env:NAME` references of the configuration mention. */
  readonly passEnv?: readonly string[];
  /** Variables set to a value of the caller's, for example NODE_COMPILE_CACHE. */
  readonly setEnv?: Readonly<Record<string, string>>;
}

export function workerEnvironment(worker: WorkerCommand, memoryBytesMax: number): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name of [...ALWAYS_PASSED, ...(worker.passEnv ?? [])]) {
    const value = worker.env[name];
    if (value !== undefined) result[name] = value;
  }
  Object.assign(result, worker.setEnv);
  const heap = Math.max(
    HEAP_MEBIBYTES_MIN,
    Math.floor((Math.min(memoryBytesMax, Number.MAX_SAFE_INTEGER) * HEAP_SHARE) / MEBIBYTE),
  );
  result.NODE_OPTIONS = [worker.setEnv?.NODE_OPTIONS, `--max-old-space-size=${heap}`]
    .filter((option) => option !== undefined)
    .join(' ');
  return result;
}

/** Text of one worker kept in the log; its own log lines are far below. */
export const OUTPUT_BYTES_MAX = 32 * LIMITS.toolMessageBytesMax;
