// Service levels and their recovery objectives (SPEC G1, 001 "Disaster Recovery"), in seconds.

export const SERVICE_LEVELS = ['critical', 'high', 'medium', 'low'] as const;
export type ServiceLevel = (typeof SERVICE_LEVELS)[number];

export interface Objectives {
  /** At most this much time of data may be lost. */
  readonly rpoSeconds: number;
  /** A restore may take at most this long. */
  readonly rtoSeconds: number;
}

const MINUTE = 60;

export const DEFAULT_OBJECTIVES: Readonly<Record<ServiceLevel, Objectives>> = {
  critical: { rtoSeconds: 15 * MINUTE, rpoSeconds: 5 * MINUTE },
  high: { rtoSeconds: 60 * MINUTE, rpoSeconds: 15 * MINUTE },
  medium: { rtoSeconds: 240 * MINUTE, rpoSeconds: 60 * MINUTE },
  low: { rtoSeconds: 1440 * MINUTE, rpoSeconds: 240 * MINUTE },
};

/** Lower runs first when capacity is short (SPEC A4). */
export const priorityOf = (level: ServiceLevel): number => SERVICE_LEVELS.indexOf(level);
