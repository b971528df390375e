// The state of the record protocol's model: records, packs, and how far every actor is.
// Numbers of epochs are not counted: what matters is who would still find its own epoch at the fence, and that is what is kept.

import type { Guards } from './guards.ts';
import type { Step } from './state-search.ts';

/** Backups: an older one that stands for all others, and two of which B contains what A contains. */
export const OLDER = 0;
export const A = 1;
export const B = 2;
export const BACKUP_NAMES = ['older', 'A', 'B'];
/** Invocations of workers, each an attempt: A is delivered twice, and every one may crash anywhere or come late. */
export const WORKERS = [
  { name: 'A1', backup: A },
  { name: 'A2', backup: A },
  { name: 'B1', backup: B },
] as const;
/** Two, because one may be killed anywhere and the next takes up what it left, or both may run at once. */
export const PRUNERS = ['pruner1', 'pruner2'];

const STATUSES = ['none', 'running', 'completed', 'deleting', 'deleted'] as const;
const BYTES = ['absent', 'partial', 'whole', 'replicated', 'rotten'] as const;
const WORKER_PLACES = ['idle', 'begun', 'uploading', 'uploaded', 'proven', 'ended'] as const;
const PRUNER_PLACES = ['idle', 'begun', 'decided', 'expired', 'listed', 'condemned'] as const;
const RESTORER_PLACES = ['idle', 'reading'] as const;
const OFFICER_PLACES = ['idle', 'holding'] as const;

export interface BackupState {
  status: (typeof STATUSES)[number];
  hasHold: boolean;
  hasLease: boolean;
  /** Bit per pack; stays when the backup is deleted, as an index knows packs without knowing what became of their backups. */
  needs: number;
}
export interface PackState {
  bytes: (typeof BYTES)[number];
  isCondemned: boolean;
}
export interface WorkerState {
  at: (typeof WORKER_PLACES)[number];
  /** Bit of the older pack that it shares, or 0. */
  reused: number;
}
export interface PrunerState {
  at: (typeof PRUNER_PLACES)[number];
  target: number;
  victims: number;
}
interface RestorerState {
  at: (typeof RESTORER_PLACES)[number];
  target: number;
  /** Packs still to read. */
  toRead: number;
  hasLostLease: boolean;
}

export interface ProtocolState {
  /** Bit per worker and pruner that would still find its own epoch at the fence. */
  current: number;
  backups: BackupState[];
  /** One per worker invocation: keys carry the attempt. */
  packs: PackState[];
  workers: WorkerState[];
  pruners: PrunerState[];
  restorer: RestorerState;
  officer: { at: (typeof OFFICER_PLACES)[number]; target: number };
  /** Packs that may still rot. */
  rots: number;
}

/** How much of the world a search looks at. */
export interface World {
  readonly pruners: 1 | 2;
  /** Packs that may rot. */
  readonly rots: 0 | 1;
}

export const initialState = ({ pruners, rots }: World): ProtocolState => ({
  current: 0,
  backups: BACKUP_NAMES.map((_name, id) => ({
    status: id === OLDER ? 'completed' : 'none',
    hasHold: false,
    hasLease: false,
    needs: 0,
  })),
  packs: WORKERS.map(() => ({ bytes: 'absent', isCondemned: false })),
  workers: WORKERS.map(() => ({ at: 'idle', reused: 0 })),
  pruners: PRUNERS.slice(0, pruners).map(() => ({ at: 'idle', target: 0, victims: 0 })),
  restorer: { at: 'idle', target: 0, toRead: 0, hasLostLease: false },
  officer: { at: 'idle', target: 0 },
  rots,
});

/** Collects the steps that are possible in a state; each works on a copy. */
export class Steps {
  readonly found: Step<ProtocolState>[] = [];
  readonly state: ProtocolState;

  constructor(state: ProtocolState) {
    this.state = state;
  }

  /** `change` returns what the step itself broke, if anything. */
  add(name: string, change: (next: ProtocolState) => string | undefined): void {
    const next = copyOf(this.state);
    const violation = change(next) ?? brokenIn(next);
    this.found.push(violation === undefined ? { name, next } : { name, next, violation });
  }
}

/** I-3, looked at after every step: a completed backup has all its bytes. What rotted by itself is the world's doing. */
function brokenIn(state: ProtocolState): string | undefined {
  const broken = state.backups.findIndex(
    ({ status, needs }) =>
      status === 'completed' &&
      state.packs.some(({ bytes }, pack) => has(needs, pack) && (bytes === 'absent' || bytes === 'partial')),
  );
  return broken < 0 ? undefined : `I-3: completed backup ${BACKUP_NAMES[broken]} needs bytes that are gone`;
}

/** Without keys of its own an attempt writes where the first attempt of its backup wrote. */
export const packOf = (guards: Guards, worker: number): number =>
  guards.attemptKeys ? worker : WORKERS.findIndex(({ backup }) => backup === WORKERS[worker]!.backup);

export const bit = (id: number): number => 1 << id;
export const has = (bits: number, id: number): boolean => (bits & bit(id)) !== 0;

function copyOf(state: ProtocolState): ProtocolState {
  return {
    current: state.current,
    backups: state.backups.map(({ status, hasHold, hasLease, needs }) => ({ status, hasHold, hasLease, needs })),
    packs: state.packs.map(({ bytes, isCondemned }) => ({ bytes, isCondemned })),
    workers: state.workers.map(({ at, reused }) => ({ at, reused })),
    pruners: state.pruners.map(({ at, target, victims }) => ({ at, target, victims })),
    restorer: { ...state.restorer },
    officer: { ...state.officer },
    rots: state.rots,
  };
}

/**
 * One character per part, without what makes no difference: an idle actor does not care for the fence, an orphan that no index
 * offers is as good as collected, and which of A's two attempts is called the first does not matter.
 */
export function keyOf(guards: Guards, state: ProtocolState): string {
  const { backups, packs, workers, pruners, restorer, officer } = state;
  const isActing = [...workers, ...pruners].reduce(
    (sum, { at }, id) => (at === 'idle' || at === 'ended' ? sum : sum | bit(id)),
    0,
  );
  const isNeeded = backups.reduce((sum, { needs }) => sum | needs, 0);
  const areOrphansInert = guards.dedupCompletedOnly && guards.attemptKeys;
  const attempts = workers.map(({ at }, id) => {
    const { bytes, isCondemned } = packs[id]!;
    const isInert = areOrphansInert && at === 'ended' && !has(isNeeded, id);
    return WORKER_PLACES.indexOf(at) * 16 + (isInert ? 0 : BYTES.indexOf(bytes) * 2 + Number(isCondemned));
  });
  const isSwapped = guards.attemptKeys && attempts[0]! < attempts[1]!;
  const named = isSwapped ? swapped : (bits: number): number => bits;
  const codes = [named(state.current & isActing) * 2 + state.rots];
  codes.push(attempts[isSwapped ? 1 : 0]!, attempts[isSwapped ? 0 : 1]!, attempts[2]! * 8 + named(workers[2]!.reused));
  for (const { status, hasHold, hasLease, needs } of backups) {
    codes.push(((STATUSES.indexOf(status) * 8 + named(needs)) * 2 + Number(hasHold)) * 2 + Number(hasLease));
  }
  for (const { at, target, victims } of pruners)
    codes.push((PRUNER_PLACES.indexOf(at) * 3 + target) * 8 + named(victims));
  codes.push(
    ((RESTORER_PLACES.indexOf(restorer.at) * 3 + restorer.target) * 8 + named(restorer.toRead)) * 2 +
      Number(restorer.hasLostLease),
  );
  codes.push(OFFICER_PLACES.indexOf(officer.at) * 3 + officer.target);
  return String.fromCharCode(...codes);
}

/** The two lowest bits exchanged: A1 and A2 trade names. */
const swapped = (bits: number): number => (bits & ~3) | ((bits & 1) << 1) | ((bits & 2) >> 1);
