// Where a schedule stands: the memory that makes every slot start at most one backup.

/** Where a schedule stands; written before anything of a slot is forgotten. */
export interface SlotState {
  /** When the schedule was first seen: slots before that are nobody's. */
  readonly createdAt: number;
  readonly lastSlotAt?: number;
}
