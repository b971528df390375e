// A platform in a temporary folder for whole-program tests: made by `init` from a configuration, run by `up` as a child process.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { repositoryRoot } from '../../scripts/repository-root.ts';
import { runProcess } from '../../scripts/run-process.ts';
import type { ProcessResult } from '../../scripts/run-process.ts';

/** In memory where the system has such a folder: these tests sync thousands of small files. */
const temporaryFolder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export const checkoutProgram = path.join(repositoryRoot, 'bin', 'holdfast.js');

const START_SECONDS_MAX = 30;
const COMMAND_SECONDS_MAX = 120;

/** What a person's shell would not have: a test must not find another platform by the caller's environment. */
const CLEAN = {
  HOLDFAST_CONFIG: undefined,
  HOLDFAST_HOME: undefined,
  HOLDFAST_URL: undefined,
  HOLDFAST_TOKEN_FILE: undefined,
  HOLDFAST_TOKENS: undefined,
};

export interface ScratchOptions {
  /** Every path is a unit of the store `files`. */
  readonly paths: readonly string[];
  /** The program to run; the checkout's own unless given. */
  readonly program?: string;
}

export interface ScratchPlatform {
  readonly folder: string;
  readonly configFile: string;
  readonly tokenFile: string;
  readonly token: string;
  /** Runs a command of the command line against this platform; `url` names a platform that listens elsewhere than configured. */
  run(commandArguments: readonly string[], url?: string): Promise<ProcessResult>;
  /** Starts `up` and does not wait for it. */
  launch(): LaunchedPlatform;
  /** Settles when it listens. */
  start(): Promise<RunningPlatform>;
  /** Kills what a failed test has left running; what has ended is left alone. */
  endAll(): Promise<void>;
}

export interface LaunchedPlatform {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  /** The API's URL; rejects when the platform ends before it listens. */
  readonly listening: Promise<string>;
  /** Ends it with the signal and waits until it has ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

export interface RunningPlatform extends LaunchedPlatform {
  readonly url: string;
}

/** Removed by whoever made it, with all that stands in it. */
export const scratchFolder = (): string => mkdtempSync(path.join(temporaryFolder, 'holdfast-e2e-'));

/** Makes the platform below `folder`; its two locations stand in two failure domains. */
export async function scratchPlatform(
  folder: string,
  { paths, program = checkoutProgram }: ScratchOptions,
): Promise<ScratchPlatform> {
  mkdirSync(folder, { recursive: true });
  const configFile = path.join(folder, 'holdfast.yaml');
  writeFileSync(configFile, configurationText(folder, paths));
  const run: ScratchPlatform['run'] = (commandArguments, url) =>
    runProcess(process.execPath, [program, '--config', configFile, '--no-input', ...commandArguments], {
      cwd: folder,
      timeoutSeconds: COMMAND_SECONDS_MAX,
      env: { ...CLEAN, ...(url !== undefined && { HOLDFAST_URL: url }) },
    });
  const made = await run(['init', '--non-interactive']);
  if (made.exitCode !== 0) throw new Error(`init failed: ${made.stdout}\n${made.stderr}`);
  const launched: LaunchedPlatform[] = [];
  const launchOne = (): LaunchedPlatform => {
    const one = launch(program, configFile, folder);
    launched.push(one);
    return one;
  };
  const tokenFile = path.join(folder, '.holdfast', 'token.json');
  const { tokens } = JSON.parse(readFileSync(tokenFile, 'utf8')) as { tokens: { token: string }[] };
  return {
    folder,
    configFile,
    tokenFile,
    token: tokens[0]?.token ?? '',
    run,
    launch: launchOne,
    start: () => startUp(launchOne()),
    endAll: async () => {
      await Promise.all(launched.map((one) => one.end('SIGKILL')));
    },
  };
}

const configurationText = (folder: string, paths: readonly string[]): string => `version: 1
timezone: UTC
platform: { country: RU }
locations:
  primary: { kind: directory, path: "${folder}/primary", country: RU, failureDomain: one }
  second: { kind: directory, path: "${folder}/second", country: RU, failureDomain: two }
services:
  main:
    owner: test
    stores:
      files:
        engine: files
        class: medium
        data: system_data
        full: "0 2 * * *"
        copies: [primary, second]
        keep: { daily: 30d }
        source: { paths: ${JSON.stringify(paths)} }
`;

/** Starts `up`. It leads a process group of its own, as a service manager would start it. */
function launch(program: string, configFile: string, folder: string): LaunchedPlatform {
  const child = spawn(process.execPath, [program, '--config', configFile, '--json', 'up', '--port', '0'], {
    cwd: folder,
    env: { ...process.env, ...CLEAN },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const told: string[] = [];
  child.stderr.on('data', (bytes: Buffer) => void told.push(bytes.toString()));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const patience = setTimeout(() => child.kill('SIGKILL'), START_SECONDS_MAX * 1000);
  const first = new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve));
  return {
    child,
    ended,
    listening: Promise.race([first, ended]).then((line) => {
      clearTimeout(patience);
      if (line !== undefined) return (JSON.parse(line) as { url: string }).url;
      throw new Error(`"holdfast up" ended or said nothing for ${START_SECONDS_MAX} s: ${told.join('')}`);
    }),
    end: async (signal) => {
      child.kill(signal);
      await ended;
    },
  };
}

async function startUp(launched: LaunchedPlatform): Promise<RunningPlatform> {
  return { ...launched, url: await launched.listening };
}

/** Processes whose command line or environment names the folder, as that of a platform and of each of its workers does. */
export function processesOf(folder: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => ({ pid, text: textOf(`/proc/${pid}/cmdline`) + textOf(`/proc/${pid}/environ`) }))
    .filter(({ text }) => text.includes(folder))
    .map(({ pid, text }) => `${pid} ${text.slice(0, 300).replaceAll('\0', ' ')}`);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    // It ended between two looks, or it is somebody else's.
    return '';
  }
}
