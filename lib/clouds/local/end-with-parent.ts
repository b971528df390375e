// The worker's side of the worker host: a worker whose platform was killed ends at once, with every tool it has started.

import type { Readable } from 'node:stream';

/**
 * Call it first in a worker. The host holds the other end of standard input open for as long as it lives; when even kill -9 ends the
 * host, the system closes it. Nobody would read the worker's result in time: the restarted platform starts a new attempt.
 */
export function endWithParent(
  input: Readable & { unref?: () => unknown } = process.stdin,
  end: () => void = killOwnGroup,
): void {
  input.on('end', end);
  input.on('close', end);
  input.on('error', end);
  input.resume();
  // Listening alone must not keep a worker alive that has finished.
  input.unref?.();
}

function killOwnGroup(): void {
  try {
    // The host starts every worker as the leader of its own group; started by hand it is none, and only the process itself ends.
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.kill(process.pid, 'SIGKILL');
  }
}
