// Reads the least numbers of files and tests that a run must see, because a checker that sees nothing finds nothing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import { repositoryRoot } from './repository-root.ts';

const floorsFile = 'test/floors.json';
const count = z.int().min(0);
const floorsSchema = z.strictObject({
  /** Passed tests by project; a project that is not named has the floor 0. */
  tests: z.record(z.string(), count),
  /** Files (documents for "documents") seen by each static check. */
  files: z.record(z.string(), count),
});

export type Floors = z.infer<typeof floorsSchema>;

export function readFloors(): Floors {
  return floorsSchema.parse(JSON.parse(readFileSync(join(repositoryRoot, floorsFile), 'utf8')));
}

/** The complaint about a number below its floor, or undefined when there is nothing to complain about. */
export function complaintBelowFloor(what: string, seen: number, floor: number | undefined): string | undefined {
  return seen < (floor ?? 0)
    ? `${what}: saw ${seen}, the floor in ${floorsFile} is ${floor}: find what is no longer seen; lower the floor only for a real removal`
    : undefined;
}
