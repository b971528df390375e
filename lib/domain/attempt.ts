// Names of attempts: part of every object key an attempt writes, so that two attempts can never touch one object.

export const attemptName = (backupId: string, unit: number, attempt: number): string =>
  `${backupId}.${unit}.${attempt}`;

/** The backup an attempt belongs to. */
export const backupOfAttempt = (attempt: string): string => attempt.split('.')[0] ?? attempt;
