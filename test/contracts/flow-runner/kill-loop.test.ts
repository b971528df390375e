// Kills a real process that drives flows, at random moments of a seed that is printed: after every kill -9 the next process goes on,
// the flow ends like one that nobody killed, and no task whose end was durable is called again.

import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from '@jest/globals';

import { Journal } from '../../../lib/clouds/local/flow-runner/journal.ts';
import { inFolder } from '../flow-runner.contract.ts';

const KILLS_MIN = 20;
/** Flows that are driven until enough processes were killed; more than this, and the kills come too late to hit anything. */
const FLOWS_MAX = 6;
const POLLS = 6;
const WIDTH = 3;
/** A process is killed within this time after it began to drive. */
const KILL_WITHIN_MILLISECONDS = 160;

const program = fileURLToPath(new URL('./killed-driver.ts', import.meta.url));

/** HOLDFAST_SEED repeats a run. */
const seed = Number(process.env['HOLDFAST_SEED'] ?? Date.now() % 1_000_000);

describe('flow runner under kill -9', () => {
  test(`killed at least ${KILLS_MIN} times, seed ${seed} - ends like a clean run and calls no finished task again`, async () => {
    await inFolder(async (folder) => {
      const chance = seededChance(seed);
      const clean = await driveAlone(join(folder, 'clean'));
      const complaints: string[] = [];
      let kills = 0;

      for (let flow = 0; kills < KILLS_MIN && flow < FLOWS_MAX; flow++) {
        const killed = await driveKilled(join(folder, `killed-${flow}`), chance);
        kills += killed.kills;
        complaints.push(...killed.complaints.map((complaint) => `seed ${seed}, flow ${flow}: ${complaint}`));
        expect({ seed, ...killed.end }).toEqual({ seed, ...clean });
      }

      expect(complaints).toEqual([]);
      expect(kills).toBeGreaterThanOrEqual(KILLS_MIN);
    });
  });
});

interface End {
  readonly status: string | undefined;
  readonly output: string | undefined;
  /** Every try that was ever called, once each. */
  readonly calls: readonly string[];
}

async function driveAlone(folder: string): Promise<End> {
  mkdirSync(folder);
  expect(await drive(folder, undefined)).toBe(0);
  return endOf(folder);
}

async function driveKilled(
  folder: string,
  chance: () => number,
): Promise<{ readonly end: End; readonly kills: number; readonly complaints: readonly string[] }> {
  mkdirSync(folder);
  const complaints: string[] = [];
  let kills = 0;
  for (;;) {
    const seen = callsIn(folder).length;
    const isSettled = settledIn(folder);
    // Most are killed while they drive, some while they start.
    const kill =
      chance() < 0.8
        ? { after: 'driving' as const, milliseconds: chance() * KILL_WITHIN_MILLISECONDS }
        : { after: 'spawn' as const, milliseconds: chance() * 250 };
    const code = await drive(folder, kill);
    const fresh = callsIn(folder).slice(seen);
    complaints.push(...fresh.filter(isSettled).map((call) => `${call} was called again although its end was durable`));
    if (code === 0) break;
    if (code !== 'killed') complaints.push(`the driver ended with ${code}`);
    kills += 1;
  }
  const calls = callsIn(folder);
  const repeated = calls.length - new Set(calls).size;
  if (repeated > WIDTH * kills)
    complaints.push(`${repeated} calls repeated after ${kills} kills of at most ${WIDTH} in flight`);
  return { end: endOf(folder), kills, complaints };
}

/** One life of the driver: its exit code, or 'killed'. */
async function drive(
  folder: string,
  kill: { readonly after: 'spawn' | 'driving'; readonly milliseconds: number } | undefined,
): Promise<number | string> {
  const child = spawn(process.execPath, ['--no-warnings', program, folder, 'one', String(POLLS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const killSoon = (): void => {
    if (kill !== undefined) setTimeout(() => child.kill('SIGKILL'), kill.milliseconds).unref();
  };
  if (kill?.after === 'spawn') killSoon();
  else child.stdout.once('data', killSoon);
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal === 'SIGKILL' ? 'killed' : (code ?? String(signal))));
  });
}

const callsIn = (folder: string): readonly string[] =>
  existsSync(join(folder, 'calls.log'))
    ? readFileSync(join(folder, 'calls.log'), 'utf8').split('\n').filter(Boolean)
    : [];

/** What is durable at this moment. Read from a copy, so that the next process recovers the files as the kill left them. */
function settledIn(folder: string): (call: string) => boolean {
  const files = ['flows.sqlite', 'flows.sqlite-wal'].filter((file) => existsSync(join(folder, file)));
  if (files.length === 0) return () => false;
  for (const file of files) copyFileSync(join(folder, file), join(folder, `copy-${file}`));
  const database = new DatabaseSync(join(folder, 'copy-flows.sqlite'));
  try {
    const hasTables = database.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'state'`).get() !== undefined;
    if (!hasTables) return () => false;
    const left = database.prepare(`SELECT path FROM event WHERE what IN ('left', 'caught', 'failed')`).all();
    const tries = database.prepare('SELECT path, attempt FROM state').all();
    const ended = new Set(left.map((row) => String(row['path'])));
    const attempts = new Map(tries.map((row) => [String(row['path']), Number(row['attempt'])]));
    return (call) => {
      const [path = '', attempt] = call.split('#');
      return ended.has(path) || Number(attempt) < (attempts.get(path) ?? 0);
    };
  } finally {
    database.close();
  }
}

function endOf(folder: string): End {
  const journal = new Journal(join(folder, 'flows.sqlite'));
  const execution = journal.execution('long:one');
  journal.close();
  return { status: execution?.status, output: execution?.output, calls: [...new Set(callsIn(folder))].sort() };
}

/** A multiplicative generator: enough to spread kills, and the same for the same seed. */
function seededChance(start: number): () => number {
  const modulus = 2 ** 31 - 1;
  let state = (start % (modulus - 1)) + 1;
  return () => {
    state = (state * 48_271) % modulus;
    return state / modulus;
  };
}
