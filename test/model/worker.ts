// A worker: one invocation of one backup, delivered at least once, crashing anywhere.

import type { Guards } from './guards.ts';
import { A, B, BACKUP_NAMES, WORKERS, bit, has, packOf } from './protocol-state.ts';
import type { PackState, ProtocolState, Steps, WorkerState } from './protocol-state.ts';

export function workerSteps(guards: Guards, steps: Steps, id: number): void {
  const { name, backup } = WORKERS[id]!;
  const { at } = steps.state.workers[id]!;
  const pack = packOf(guards, id);
  const go = (step: string, change: (next: ProtocolState, own: WorkerState) => string | undefined): void =>
    steps.add(`${name} ${step}`, (next) => change(next, next.workers[id]!));
  if (at === 'idle' && mayBegin(steps.state, id)) {
    // It looks for packs to share in the same step: looking later would only show it newer things.
    go('begins', (next, own) => {
      next.backups[backup]!.status = 'running';
      // Attempts of one backup share its epoch as long as nobody else has raised it.
      const siblings = WORKERS.reduce((sum, worker, other) => (worker.backup === backup ? sum | bit(other) : sum), 0);
      const isOwnFence = (next.current & siblings) !== 0;
      next.current = guards.fenceAtBegin && !isOwnFence ? bit(id) : next.current | bit(id);
      return workerMoves(own, 'begun', backup === B ? sharedPack(guards, next) : 0);
    });
  }
  if (at === 'begun') go('begins its upload', (next, own) => beginUpload(next, own, pack));
  if (at === 'uploading') {
    go('ends its upload', (next, own) => endUpload(next, own, pack, 'whole'));
    go('ends its upload short, without an error', (next, own) => endUpload(next, own, pack, 'partial'));
  }
  if (at === 'uploaded') go('verifies and replicates', (next, own) => prove(guards, next, own, pack));
  if (at === 'proven') go('completes', (next, own) => complete(guards, next, own, { id, backup, pack }));
  if (['uploading', 'uploaded', 'proven'].includes(at)) go('crashes', (_next, own) => workerMoves(own, 'ended'));
}

/** The second delivery of a backup is like the first: taking them in order loses no behaviour. */
function mayBegin(state: ProtocolState, id: number): boolean {
  const { backup } = WORKERS[id]!;
  const isNext = WORKERS.every(
    (worker, other) => other >= id || worker.backup !== backup || state.workers[other]!.at !== 'idle',
  );
  return isNext && ['none', 'running'].includes(state.backups[backup]!.status);
}

function workerMoves(own: WorkerState, at: WorkerState['at'], reused = 0): undefined {
  own.at = at;
  own.reused = reused;
  return undefined;
}

/** The index offers packs of backups that completed, whatever became of them since; the mark says which are on their way out. */
function sharedPack(guards: Guards, { backups, packs }: ProtocolState): number {
  const ofA = backups[A]!;
  const hasCompleted = ['completed', 'deleting', 'deleted'].includes(ofA.status);
  const shared = packs.findIndex(({ bytes, isCondemned }, pack) => {
    const isOffered = guards.dedupCompletedOnly
      ? hasCompleted && has(ofA.needs, pack)
      : bytes === 'whole' || bytes === 'replicated';
    return WORKERS[pack]!.backup === A && isOffered && !(guards.condemnedCheck && isCondemned);
  });
  return shared < 0 ? 0 : bit(shared);
}

function beginUpload(next: ProtocolState, own: WorkerState, pack: number): string | undefined {
  const isOverwritten = next.backups.some(({ status, needs }) => status === 'completed' && has(needs, pack));
  next.packs[pack]!.bytes = 'partial';
  own.at = 'uploading';
  return isOverwritten ? 'I-4: a late attempt overwrites bytes of a completed backup' : undefined;
}

function endUpload(next: ProtocolState, own: WorkerState, pack: number, bytes: PackState['bytes']): undefined {
  next.packs[pack]!.bytes = bytes;
  own.at = 'uploaded';
  return undefined;
}

function prove(guards: Guards, next: ProtocolState, own: WorkerState, pack: number): undefined {
  const read = (guards.verification ? bit(pack) : 0) | (guards.verifyReused ? own.reused : 0);
  const isSound = next.packs.every(({ bytes }, id) => !has(read, id) || bytes === 'whole' || bytes === 'replicated');
  if (!isSound) return workerMoves(own, 'ended');
  const written = next.packs[pack]!;
  if (guards.replication && written.bytes === 'whole') written.bytes = 'replicated';
  return workerMoves(own, 'proven', own.reused);
}

interface Attempt {
  readonly id: number;
  readonly backup: number;
  readonly pack: number;
}

function complete(
  guards: Guards,
  next: ProtocolState,
  own: WorkerState,
  { id, backup, pack }: Attempt,
): string | undefined {
  const record = next.backups[backup]!;
  const needs = bit(pack) | own.reused;
  workerMoves(own, 'ended');
  if (record.status !== 'running' || (guards.fenceAtCommit && !has(next.current, id))) return undefined;
  record.status = 'completed';
  record.needs = needs;
  const isProven = next.packs.every(({ bytes }, other) => !has(needs, other) || bytes === 'replicated');
  return isProven
    ? undefined
    : `I-1: backup ${BACKUP_NAMES[backup]} completes while a byte is not proven in every copy`;
}
