// Reads the short quantities of a configuration: `30d` and `1y` as calendar periods, `4h` as seconds, `512MiB` as bytes.

const PERIOD_UNITS: Readonly<Record<string, string>> = { d: 'D', w: 'W', mo: 'M', y: 'Y' };
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const BYTES: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };

/** No magic zero: a period of nothing would mean "for ever" to one reader and "delete at once" to another (trap 34). */
export const PERIOD_PATTERN = /^([1-9]\d{0,3})(d|w|mo|y)$/;
export const DURATION_PATTERN = /^([1-9]\d{0,6})(s|m|h|d)$/;
export const BYTES_PATTERN = /^([1-9]\d{0,6})(KiB|MiB|GiB|TiB)$/;

/** `30d` → `P30D`, `3mo` → `P3M`, `7y` → `P7Y`; undefined when it is no period. */
export function periodOf(text: string): string | undefined {
  const match = PERIOD_PATTERN.exec(text);
  return match === null ? undefined : `P${match[1]}${PERIOD_UNITS[match[2]!]}`;
}

/** `15m` → 900; undefined when it is no duration. */
export function secondsOf(text: string): number | undefined {
  return product(DURATION_PATTERN.exec(text), SECONDS);
}

/** `512MiB` → 536870912; undefined when it is no size. */
export function bytesOf(text: string): number | undefined {
  return product(BYTES_PATTERN.exec(text), BYTES);
}

function product(match: RegExpExecArray | null, units: Readonly<Record<string, number>>): number | undefined {
  return match === null ? undefined : Number(match[1]) * units[match[2]!]!;
}

/** The shortest way to write a number of seconds: 900 → `15m`. */
export function durationText(seconds: number): string {
  const unit = Object.entries(SECONDS).findLast(([, size]) => seconds % size === 0)!;
  return `${seconds / unit[1]}${unit[0]}`;
}
