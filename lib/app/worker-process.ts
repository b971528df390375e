// How Node.js is started for a worker: settings that hold its memory down, measured with "npm run bench".

export const WORKER_NODE_FLAGS: readonly string[] = [
  '--disable-warning=ExperimentalWarning',
  // A dump makes many short-lived objects, and V8 lets its young generation grow to 32 MiB and more: a 5 GB tree peaked at 281 and
  // 299 MB without this, at 215 MB with it (2 shared cores, 2026-11-20).
  '--max-semi-space-size=2',
];

/** glibc gives every thread an arena of its own; two are enough for the pool that compresses. Saved 8 MB of peak memory. */
export const WORKER_ENVIRONMENT: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '2' };
