// How the checker reports: every fault names its state, what is wrong there, and what to write instead.

export interface Fault {
  /** `DumpUnits/AwaitDump`, or the machine itself as an empty text. */
  readonly state: string;
  readonly what: string;
  readonly cure: string;
}

/** Takes the faults of one place. */
export type Report = (what: string, cure: string) => void;

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

export const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

export const faultLine = (fault: Fault): string =>
  `${fault.state === '' ? 'machine' : `state ${fault.state}`}: ${fault.what}: ${fault.cure}`;

export function isWholeBetween(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

/** A value as the author wrote it, for messages. */
export const shown = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value));
