// Who needs what is stored: a restorer with its lease, and an officer with holds.

import type { Guards } from './guards.ts';
import { A, B, BACKUP_NAMES, WORKERS, bit, has } from './protocol-state.ts';
import type { BackupState, ProtocolState, Steps } from './protocol-state.ts';

export function restorerSteps(guards: Guards, steps: Steps): void {
  const { state } = steps;
  const { at, target, toRead, hasLostLease } = state.restorer;
  if (at === 'idle') {
    // Without the condition it acts on what a plan saw earlier, when the backup was still there.
    const isOffered = ({ status }: BackupState): boolean =>
      status === 'completed' || (!guards.leaseIsConditional && (status === 'deleting' || status === 'deleted'));
    for (const backup of [A, B]) {
      if (isOffered(state.backups[backup]!))
        steps.add(`restorer takes a lease on ${BACKUP_NAMES[backup]}`, (next) => takeLease(guards, next, backup));
    }
  }
  if (at !== 'reading') return;
  const pack = state.packs.findIndex((_pack, id) => has(toRead, id));
  if (pack >= 0) steps.add(`restorer reads pack ${WORKERS[pack]!.name}`, (next) => readPack(guards, next, pack));
  else steps.add('restorer marks its target healthy', endRestore);
  if (state.backups[target]!.hasLease && !hasLostLease) {
    steps.add('an observer breaks the lease of the silent restorer', (next) => {
      next.backups[target]!.hasLease = false;
      next.restorer.hasLostLease = true;
      return undefined;
    });
  }
}

function takeLease(guards: Guards, next: ProtocolState, backup: number): undefined {
  const record = next.backups[backup]!;
  record.hasLease = guards.restoreLease;
  next.restorer = { at: 'reading', target: backup, toRead: record.needs, hasLostLease: false };
  return undefined;
}

function readPack(guards: Guards, next: ProtocolState, pack: number): string | undefined {
  const { bytes } = next.packs[pack]!;
  const { hasLostLease } = next.restorer;
  next.restorer.toRead &= ~bit(pack);
  if (bytes === 'replicated') return undefined;
  endRestore(next);
  if (!guards.markLast) return 'I-5: a failed restore leaves a target that looks healthy';
  // Rot is the world's doing, and a restorer that lost its lease fails openly: neither is a loss by our own hand.
  return bytes === 'rotten' || hasLostLease ? undefined : 'I-5: a running restore loses its bytes';
}

function endRestore(next: ProtocolState): undefined {
  if (!next.restorer.hasLostLease) next.backups[next.restorer.target]!.hasLease = false;
  next.restorer = { at: 'idle', target: 0, toRead: 0, hasLostLease: false };
  return undefined;
}

export function officerSteps(guards: Guards, steps: Steps): void {
  const { at, target } = steps.state.officer;
  if (at === 'idle') {
    for (const backup of [A, B]) {
      const { status } = steps.state.backups[backup]!;
      if (status !== 'completed' && (guards.holdIsConditional || status !== 'deleting')) continue;
      steps.add(`officer places a hold on ${BACKUP_NAMES[backup]}`, (next) => {
        next.backups[backup]!.hasHold = true;
        next.officer = { at: 'holding', target: backup };
        return undefined;
      });
    }
  }
  if (at === 'holding') {
    steps.add('officer releases the hold', (next) => {
      next.backups[target]!.hasHold = false;
      next.officer = { at: 'idle', target: 0 };
      return undefined;
    });
  }
}
