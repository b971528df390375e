// Deleting: a pruner in two phases under the fence, and a collector of orphans beside it.

import { allGuards } from './guards.ts';
import type { Guards } from './guards.ts';
import { BACKUP_NAMES, OLDER, PRUNERS, WORKERS, bit, has, packOf } from './protocol-state.ts';
import type { BackupState, ProtocolState, PrunerState, Steps } from './protocol-state.ts';

export function prunerSteps(guards: Guards, steps: Steps, id: number): void {
  const { state } = steps;
  const fenceBit = WORKERS.length + id;
  const { at, target, victims } = state.pruners[id]!;
  const go = (step: string, change: (next: ProtocolState, own: PrunerState) => string | undefined): void =>
    steps.add(`${PRUNERS[id]} ${step}`, (next) => change(next, next.pruners[id]!));
  if (at === 'idle' && (id === 0 || state.pruners[id - 1]!.at !== 'idle')) {
    go('begins', (next, own) => {
      next.current = guards.fenceAtPrune ? bit(fenceBit) : next.current | bit(fenceBit);
      return prunerMoves(own, 'begun');
    });
  }
  if (at === 'begun') {
    for (const backup of state.backups.keys()) {
      if (mayExpire(guards, state, backup))
        go(`decides to expire ${BACKUP_NAMES[backup]}`, (_next, own) => prunerMoves(own, 'decided', backup));
    }
    // What a killed pruner left behind is taken up again.
    if (state.backups.some(({ status }) => status === 'deleting'))
      go('resumes', (_next, own) => prunerMoves(own, 'expired'));
  }
  if (at === 'decided') go(`expires ${BACKUP_NAMES[target]}`, (next, own) => expire(guards, next, own, fenceBit));
  if (at === 'expired')
    go('lists what nothing needs', (next, own) => prunerMoves(own, 'listed', 0, unneededPacks(guards, next)));
  if (at === 'listed') go('condemns it', (next, own) => condemn(guards, next, own, fenceBit));
  if (at === 'condemned' && victims === 0) go('is done', finishPruning);
  const victim = state.packs.findIndex((_pack, pack) => at === 'condemned' && has(victims, pack));
  if (victim >= 0) go(`deletes pack ${WORKERS[victim]!.name}`, (next, own) => deletePack(next, own, victim));
}

function prunerMoves(own: PrunerState, at: PrunerState['at'], target = 0, victims = 0): undefined {
  Object.assign(own, { at, target, victims });
  return undefined;
}

function mayExpire(guards: Guards, state: ProtocolState, backup: number): boolean {
  const isLast = !state.backups.some((other, id) => id !== backup && other.status === 'completed');
  return isExpirable(guards, state.backups[backup]!) && !(guards.keepLast && isLast);
}

const isExpirable = (guards: Guards, { status, hasHold, hasLease }: BackupState): boolean =>
  status === 'completed' && !(guards.holdCheck && hasHold) && !(guards.leaseCheck && hasLease);

function expire(guards: Guards, next: ProtocolState, own: PrunerState, fenceBit: number): string | undefined {
  const record = next.backups[own.target]!;
  const isRefused =
    (guards.conditionalExpire && !isExpirable(guards, record)) ||
    (guards.fenceAtExpire && !has(next.current, fenceBit));
  if (isRefused) return prunerMoves(own, 'idle');
  // The older backup stands for others and has no bytes of its own here.
  record.status = own.target === OLDER ? 'deleted' : 'deleting';
  prunerMoves(own, 'expired');
  if (record.hasHold) return 'I-2: a held backup expires';
  return next.backups.some(({ status }) => status === 'completed')
    ? undefined
    : 'I-0: the last restorable backup expires';
}

function unneededPacks(guards: Guards, { backups, packs }: ProtocolState): number {
  const union = (status: BackupState['status']): number =>
    backups.reduce((sum, backup) => (backup.status === status ? sum | backup.needs : sum), 0);
  const present = packs.reduce((sum, { bytes }, pack) => (bytes === 'absent' ? sum : sum | bit(pack)), 0);
  return union('deleting') & present & ~(guards.keepShared ? union('completed') : 0);
}

function condemn(guards: Guards, next: ProtocolState, own: PrunerState, fenceBit: number): undefined {
  if (guards.fenceAtCondemn && !has(next.current, fenceBit)) return prunerMoves(own, 'idle');
  for (const [id, pack] of next.packs.entries()) pack.isCondemned ||= guards.twoPhase && has(own.victims, id);
  return prunerMoves(own, 'condemned', 0, own.victims);
}

function deletePack(next: ProtocolState, own: PrunerState, pack: number): string | undefined {
  next.packs[pack]!.bytes = 'absent';
  own.victims &= ~bit(pack);
  const isHeld = next.backups.some(({ hasHold, needs }) => hasHold && has(needs, pack));
  return isHeld ? 'I-2: bytes of a held backup are deleted' : undefined;
}

function finishPruning(next: ProtocolState, own: PrunerState): undefined {
  if (unneededPacks(allGuards, next) === 0) {
    for (const record of next.backups) if (record.status === 'deleting') record.status = 'deleted';
  }
  return prunerMoves(own, 'idle');
}

/** Removes what no record needs. It does not raise the fence, so that it may run beside backups: the grace is what guards it. */
export function collectorSteps(guards: Guards, steps: Steps): void {
  const { state } = steps;
  for (const [pack, { bytes, isCondemned }] of state.packs.entries()) {
    const isNeeded = state.backups.some(
      ({ status, needs }) => (status === 'completed' || status === 'deleting') && has(needs, pack),
    );
    const mayRun = state.workers.some(({ at }, id) => packOf(guards, id) === pack && at !== 'idle' && at !== 'ended');
    if (bytes === 'absent' || isCondemned || isNeeded || (guards.grace && mayRun)) continue;
    steps.add(`collector removes orphan ${WORKERS[pack]!.name}`, (next) => {
      next.packs[pack]!.bytes = 'absent';
      return undefined;
    });
  }
}
