// Precedence: store beats engine beats class beats the built-in default, line by line; and every answer knows where it was defined.

import type { Path } from './source-text.ts';

export type LevelName = 'store' | 'service' | 'engine' | 'class' | 'platform' | 'default';

/** One level that may give a line: the lines as written and where they stand in the file. */
export interface Level {
  readonly name: LevelName;
  readonly lines: Readonly<Record<string, unknown>>;
  /** Undefined for built-in defaults. */
  readonly path: Path | undefined;
}

export interface Given {
  readonly value: unknown;
  readonly level: LevelName;
  /** Where it stands in the file; undefined for a built-in default. */
  readonly path: Path | undefined;
}

/** The first level that gives the line, `none` included: it takes an inherited line away. */
export function given(levels: readonly Level[], line: readonly string[]): Given | undefined {
  for (const level of levels) {
    const value = line.reduce<unknown>((part, key) => (isRecord(part) ? part[key] : undefined), level.lines);
    if (value !== undefined)
      return { value, level: level.name, path: level.path === undefined ? undefined : [...level.path, ...line] };
  }
  return undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
