// A log of JSON lines. One entry is one line whatever its text contains: every control character leaves here escaped.

import type { Writable } from 'node:stream';

import type { Clock } from '../../ports/clock.ts';
import { isoNow } from '../../ports/clock.ts';
import type { Log, LogFields } from '../../ports/telemetry.ts';

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LEVELS)[number];

/** JSON leaves these alone, terminals and log viewers do not: DEL, the C1 controls, line and paragraph separators, direction marks. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** A field that is longer is cut: one line must not fill a disk or a viewer. */
const FIELD_LENGTH_MAX = 16_384;

export function createJsonLog(options: {
  readonly stream: Writable;
  readonly clock: Clock;
  readonly level?: LogLevel;
  /** Fields of every line, for example the process's role. */
  readonly fields?: LogFields;
}): Log {
  const lowest = LEVELS.indexOf(options.level ?? 'info');
  // A reader of the log that goes away must not end a backup, so a broken stream is not an error of ours.
  if (lowest < LEVELS.indexOf('silent')) options.stream.on('error', () => undefined);
  const writer =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (LEVELS.indexOf(level) < lowest) return;
      const entry = { at: isoNow(options.clock), level, message, ...rename({ ...options.fields, ...fields }) };
      options.stream.write(`${JSON.stringify(entry, cut).replace(UNSAFE, escape)}\n`);
    };
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') };
}

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

const RESERVED = new Set(['at', 'level', 'message']);

/** A field may not pass for the line's own time, level or message. */
const rename = (fields: LogFields): LogFields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [RESERVED.has(name) ? `${name}_` : name, value]));

const cut = (_name: string, value: unknown): unknown =>
  typeof value === 'string' && value.length > FIELD_LENGTH_MAX ? `${value.slice(0, FIELD_LENGTH_MAX)}…` : value;

const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
