// The guards of the record protocol, one sentence each.

/** Each guard can be taken out; the model must then find a violation. */
export const GUARDS = {
  fenceAtBegin: 'a backup raises the epoch before it writes',
  fenceAtCommit: 'a backup completes only while it finds its own epoch',
  attemptKeys: 'every attempt writes under keys of its own',
  dedupCompletedOnly: 'only packs of completed backups are deduplicated against',
  condemnedCheck: 'a condemned pack is not deduplicated against',
  verification: 'what was written is read back before completion',
  verifyReused: 'older packs that a backup needs are verified too',
  replication: 'every demanded copy is there before completion',
  fenceAtPrune: 'a pruner raises the epoch before it decides',
  fenceAtExpire: 'a backup expires only while the pruner finds its own epoch',
  fenceAtCondemn: 'packs are condemned only while the pruner finds its own epoch',
  conditionalExpire: 'status, hold and lease are conditions of the very write that expires a backup',
  keepLast: 'the last restorable backup does not expire',
  holdCheck: 'a held backup does not expire',
  leaseCheck: 'a backup that is being restored does not expire',
  keepShared: 'packs that another kept backup needs stay',
  twoPhase: 'packs are condemned durably before they are deleted',
  grace: 'objects of an attempt that may still run are no orphans',
  holdIsConditional: 'a hold is placed only on a backup that is still kept',
  leaseIsConditional: 'a restore begins only on a backup that is still kept',
  restoreLease: 'a restore takes its lease on the record before it reads',
  markLast: 'a restored target looks healthy only after the last byte',
} as const;
export type Guard = keyof typeof GUARDS;
export type Guards = Readonly<Record<Guard, boolean>>;

export const allGuards: Guards = Object.fromEntries(Object.keys(GUARDS).map((guard) => [guard, true])) as Record<
  Guard,
  boolean
>;
export const withoutGuard = (guard: Guard): Guards => ({ ...allGuards, [guard]: false });
