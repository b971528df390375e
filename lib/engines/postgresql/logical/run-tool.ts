// Runs one client program in a folder of its own that vanishes with it: its password file lives no longer than it does.

import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { EngineContext } from '../../../ports/engine.ts';
import type { ConnectionTarget } from '../../../protocols/postgresql/connection.ts';
import type { Program } from '../programs.ts';
import type { LogicalSettings } from '../settings.ts';
import type { ToolName } from './client-tools.ts';
import { toolEnvironment } from './tool-environment.ts';
import { ToolProcess } from './tool-process.ts';

export interface ToolRun {
  readonly name: ToolName;
  readonly program: Program;
  readonly target: ConnectionTarget;
  readonly settings: Pick<LogicalSettings, 'caFile'>;
  /** Gets the folder, for files that an argument names. */
  readonly argumentsIn: (folder: string) => readonly string[] | Promise<readonly string[]>;
}

/** However `work` ends, the program has ended before this returns. */
export async function runTool<T>(
  run: ToolRun,
  context: EngineContext,
  work: (process: ToolProcess) => Promise<T>,
): Promise<T> {
  const { name, program, target, settings } = run;
  const folder = await mkdtemp(join(context.scratchDir, 'tool-'));
  try {
    const args = await run.argumentsIn(folder);
    const environment = await toolEnvironment(target, settings, program.major, folder);
    const process = new ToolProcess({ name, path: program.path, args, environment, folder, signal: context.signal });
    try {
      return await work(process);
    } catch (error) {
      await process.kill();
      throw error;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
