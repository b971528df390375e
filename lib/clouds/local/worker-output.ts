// Takes what a worker prints, line by line and up to a bound, so that a tool that prints without end fills neither memory nor log.

import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

import { LIMITS } from '../../domain/limits.ts';
import type { Log, LogFields } from '../../ports/telemetry.ts';

const CUT_MARK = '… (the rest is not kept)';

/** Calls back for every line; after `bytesMax` once with a mark, then the rest is read and dropped, so that the writer never blocks. */
export function takeLines(stream: Readable, bytesMax: number, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let left = bytesMax;
  const give = (line: string): void => {
    if (left < 0 || line === '') return;
    left -= line.length;
    onLine(left < 0 ? CUT_MARK : line);
  };
  stream.on('data', (chunk: Buffer) => {
    if (left < 0) return;
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(give);
    // A line without an end is given out in pieces.
    for (; rest.length > LIMITS.toolMessageBytesMax; rest = rest.slice(LIMITS.toolMessageBytesMax))
      give(rest.slice(0, LIMITS.toolMessageBytesMax));
  });
  stream.on('end', () => give(rest + decoder.end()));
  // A pipe that breaks means that the worker ended, which its exit tells better.
  stream.on('error', () => undefined);
}

/** A log line of the worker's own becomes one of ours, with its level and fields; anything else is shown as it is. */
export function logLine(log: Log, line: string, fields: LogFields): void {
  const entry = parse(line);
  if (entry === undefined) {
    log.warn('worker output', { ...fields, line });
    return;
  }
  const { level, message, at: _, ...others } = entry;
  log[level](message, { ...others, ...fields });
}

type Entry = LogFields & { readonly level: keyof Log; readonly message: string };

function parse(line: string): Entry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line) as Record<string, unknown>;
    const isOurs = typeof entry.message === 'string' && LEVELS.has(String(entry.level));
    const isFlat = Object.values(entry).every((value) => value === null || typeof value !== 'object');
    return isOurs && isFlat ? (entry as unknown as Entry) : undefined;
  } catch {
    return undefined;
  }
}

const LEVELS: ReadonlySet<string> = new Set<keyof Log>(['debug', 'info', 'warn', 'error']);
