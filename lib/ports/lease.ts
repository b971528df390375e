// The lease port: keeps two owners from working on one thing at once. A courtesy, not a guard: correctness rests on fences.

export interface Lease {
  readonly name: string;
  /** An execution or job id; never a host name, which containers share. */
  readonly owner: string;
  /** Grows with every renewal; what observers watch. */
  readonly heartbeat: number;
}

export interface Leases {
  /**
   * Takes the lease when it is free, or when this observer saw no heartbeat change for the whole term by its own monotonic clock
   * (the first call on a held lease therefore never breaks it). Taking one's own lease again returns it.
   * @throws LeaseHeld with fact `owner`
   */
  acquire(name: string, owner: string, termSeconds: number): Promise<Lease>;
  /** Shows that the owner lives. @throws LeaseHeld when another owner has it by now: the caller must stop. */
  renew(lease: Lease): Promise<Lease>;
  /** Frees it when it is still ours; otherwise nothing happens. Idempotent. */
  release(lease: Pick<Lease, 'name' | 'owner'>): Promise<void>;
}
