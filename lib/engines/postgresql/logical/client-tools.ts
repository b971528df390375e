// Chooses the client programs for a server: never older than the server, and known to be without published holes where that is demanded.

import { HoldfastError } from '../../../domain/errors.ts';
import type { Program } from '../programs.ts';
import { findProgram } from '../programs.ts';

/** Newer clients read older servers; this many majors above the server's are looked for. */
const MAJORS_AHEAD = 4;

/**
 * First minor of each major without the known ways for a server to run code through a dump or its restore (CVE-2025-8714, -8715,
 * CVE-2026-18408, CVE-2026-116314). Extend by a line per security release.
 */
const FIXED_MINOR: Readonly<Record<number, number>> = { 14: 25, 15: 20, 16: 16, 17: 12, 18: 7 };
const NEWEST_LISTED_MAJOR = 18;

export type ToolName = 'pg_dump' | 'pg_dumpall' | 'pg_restore';

export interface ToolChoice {
  readonly clientBinDir?: string | undefined;
  readonly allowVulnerableClient: boolean;
}

/**
 * @throws DumpToolMissing (none installed), SourceVersionUnsupported (only older ones; or only vulnerable ones and they are not allowed)
 */
export async function findClientTool(name: ToolName, serverMajor: number, choice: ToolChoice): Promise<Program> {
  const majors = Array.from({ length: MAJORS_AHEAD + 1 }, (_, index) => serverMajor + index);
  const program = await findProgram(name, majors, choice.clientBinDir);
  if (!program) throw await missingTool(name, serverMajor, choice);
  if (isVulnerable(program) && !choice.allowVulnerableClient) {
    throw new HoldfastError(
      'SourceVersionUnsupported',
      `unable to use ${name} ${program.major}.${program.minor}: it has published security holes and allowVulnerableClient is false; ` +
        `cure: update to ${program.major}.${FIXED_MINOR[program.major] ?? 0} or later`,
      { tool: name, version: `${program.major}.${program.minor}` },
    );
  }
  return program;
}

export function isVulnerable({ major, minor }: { readonly major: number; readonly minor: number }): boolean {
  const fixed = FIXED_MINOR[major];
  return fixed === undefined ? major < NEWEST_LISTED_MAJOR : minor < fixed;
}

/** What to tell a person about a tool that is used although it has published holes; empty when it has none. */
export function vulnerabilityWarnings(name: ToolName, program: Program): readonly string[] {
  if (!isVulnerable(program)) return [];
  const fixed = FIXED_MINOR[program.major];
  const cure = fixed === undefined ? 'use a supported major' : `update to ${program.major}.${fixed} or later`;
  return [
    `${name} ${program.major}.${program.minor} has published security holes against servers one does not trust; ${cure}`,
  ];
}

async function missingTool(name: ToolName, serverMajor: number, choice: ToolChoice): Promise<HoldfastError> {
  const cure = `cure: install postgresql-client-${serverMajor}, or name its folder as clientBinDir`;
  const older = await findProgram(
    name,
    [serverMajor - 1, serverMajor - 2, serverMajor - 3, serverMajor - 4],
    choice.clientBinDir,
  );
  if (older) {
    return new HoldfastError(
      'SourceVersionUnsupported',
      `unable to dump PostgreSQL ${serverMajor} with ${name} ${older.major}: the client must not be older than the server; ${cure}`,
      { tool: name, serverMajor, toolMajor: older.major },
    );
  }
  return new HoldfastError('DumpToolMissing', `unable to find ${name} of PostgreSQL ${serverMajor} or later; ${cure}`, {
    tool: name,
    serverMajor,
  });
}
