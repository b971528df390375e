// Runs the command line as its users do: real processes, a real platform, a folder of its own.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { projectRoot } from '../../lib/app/project-files.ts';

const PROGRAM = path.join(projectRoot, 'bin', 'holdfast.js');
const START_SECONDS_MAX = 60;

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as JSON. */
  readonly json: any;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export interface CliWorld {
  readonly folder: string;
  run(arguments_: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** Starts `up` on a free port and points every later run to it. */
  up(): Promise<void>;
  /** Asks `up` to stop and returns its exit code. */
  down(signal?: NodeJS.Signals): Promise<number>;
  close(): Promise<void>;
}

export function cliWorld(): CliWorld {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-cli-'));
  let platform: ChildProcess | undefined;
  let url: string | undefined;
  const environment = (extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => {
    const { NODE_OPTIONS: _nodeOptions, LANG: _lang, LC_ALL: _lcAll, ...inherited } = process.env;
    return { ...inherited, LANG: 'C', ...(url !== undefined && { HOLDFAST_URL: url }), ...extra };
  };
  const world: CliWorld = {
    folder,
    run: (arguments_, { env, input } = {}) =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [PROGRAM, ...arguments_], { cwd: folder, env: environment(env) });
        const output = { stdout: '', stderr: '' };
        for (const name of ['stdout', 'stderr'] as const)
          child[name].on('data', (piece: Buffer) => (output[name] += piece.toString()));
        child.on('error', reject);
        child.on('close', (code) => resolve({ code: code ?? -1, ...output, json: jsonOf(output.stdout) }));
        child.stdin.end(input ?? '');
      }),
    up: async () => {
      platform = spawn(process.execPath, [PROGRAM, 'up', '--port', '0', '--json'], { cwd: folder, env: environment() });
      url = await firstUrl(platform);
    },
    down: async (signal = 'SIGTERM') => {
      const child = platform;
      platform = undefined;
      url = undefined;
      if (child?.exitCode !== null) return child?.exitCode ?? 0;
      const ended = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? -1)));
      child.kill(signal);
      return await ended;
    },
    close: async () => {
      await world.down('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return world;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function firstUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const fail = (why: string): void => reject(new Error(`the platform did not start: ${why}\n${text}`));
    const timer = setTimeout(() => fail('no answer'), START_SECONDS_MAX * 1000);
    child.stderr?.on('data', (piece: Buffer) => (text += piece.toString()));
    child.stdout?.on('data', (piece: Buffer) => {
      text += piece.toString();
      const started = jsonOf(text) as { readonly url?: string } | undefined;
      if (started?.url === undefined) return;
      clearTimeout(timer);
      resolve(started.url);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      fail(`exit ${code}`);
    });
  });
}
