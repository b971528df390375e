// The real platform, really killed: `holdfast up` gets SIGKILL at seeded moments of backups and restores, is started again, and in the
// end whatever says "completed" must come back equal to the source as it was.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { ChangingTrees, seededChance } from './changing-trees.ts';
import { processesOf, scratchFolder, scratchPlatform } from './scratch-platform.ts';
import type { RunningPlatform, ScratchPlatform } from './scratch-platform.ts';

const seed = Number(process.env['HOLDFAST_TEST_SEED'] ?? Date.now() % 1_000_000);
const chance = seededChance(seed);

const KILLS_MIN = 12;
/** Half of all kills come while the platform is still starting or has just been asked; a backup takes about five seconds. */
const KILL_AFTER_MILLISECONDS_MAX = 2500;
const SETTLE_SECONDS_MAX = 90;
const TEST_SECONDS_MAX = 280;

const GOOD: readonly string[] = ['completed', 'validated'];
const SETTLED: readonly string[] = [...GOOD, 'quarantined', 'failed', 'corrupted', 'aborted'];

interface Backup {
  readonly id: string;
  readonly status: string;
  readonly cause?: { readonly name: string; readonly detail: string };
  readonly copies: readonly { readonly verifiedAt?: string }[];
}

let folder: string;
let trees: ChangingTrees;
let platform: ScratchPlatform;
/** The versions of the source by the backup that was asked for it. */
const versions = new Map<string, number>();

beforeAll(async () => {
  folder = scratchFolder();
  trees = new ChangingTrees(folder, chance);
  platform = await scratchPlatform(path.join(folder, 'platform'), { paths: trees.paths });
});

afterAll(async () => {
  await platform.endAll();
  rmSync(folder, { recursive: true, force: true });
});

async function call<T>(
  url: string,
  target: string,
  post?: { readonly body: object; readonly key: string },
): Promise<T> {
  const headers = { authorization: `Bearer ${platform.token}`, 'content-type': 'application/json' };
  const response = await fetch(`${url}${target}`, {
    ...(post === undefined
      ? { headers }
      : { method: 'POST', headers: { ...headers, 'idempotency-key': post.key }, body: JSON.stringify(post.body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${target}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

/** Undefined when the platform died before it answered. */
const unlessDead = <T>(answer: Promise<T>, running: Pick<RunningPlatform, 'ended'>): Promise<T | undefined> =>
  Promise.race([
    answer.catch(async (error: unknown) => {
      if (!String(error).includes('fetch failed')) throw error;
      return await running.ended.then(() => undefined);
    }),
    running.ended.then(() => undefined),
  ]);

const backupsOf = async (url: string): Promise<readonly Backup[]> =>
  (await call<{ items: Backup[] }>(url, '/api/v1/stores/files/backups?limit=100')).items;

/** Asks for one backup at a time, each of a new version; a request whose answer was lost is repeated with its key, not made anew. */
class Demand {
  #asked: { readonly key: string; readonly version: number } | undefined;

  async keepUp(url: string): Promise<void> {
    const [newest] = await backupsOf(url);
    if (this.#asked === undefined) {
      if (newest !== undefined && !SETTLED.includes(newest.status)) return;
      const version = trees.change();
      this.#asked = { version, key: `version-${version}` };
    }
    const { key, version } = this.#asked;
    const body = { stores: ['files'] };
    const { operations } = await call<{ operations: { id: string }[] }>(url, '/api/v1/backup/trigger/full', {
      key,
      body,
    });
    versions.set(operations[0]?.id ?? '', version);
    this.#asked = undefined;
  }
}

/** Kills once. Returns in which status the newest backup was when last seen, for the report. */
async function killOnce(demand: Demand): Promise<string> {
  const launched = platform.launch();
  launched.listening.catch(() => undefined);
  if (chance(6) === 0) {
    await sleep(chance(600));
    await launched.end('SIGKILL');
    return 'starting';
  }
  const url = await launched.listening;
  const asking = unlessDead(demand.keepUp(url), launched);
  if (chance(5) > 0) await asking;
  await sleep(chance(KILL_AFTER_MILLISECONDS_MAX));
  const seen = await unlessDead(backupsOf(url), launched);
  await launched.end('SIGKILL');
  await asking;
  return seen?.[0]?.status ?? 'nothing yet';
}

async function settled(url: string): Promise<readonly Backup[]> {
  const until = performance.now() + SETTLE_SECONDS_MAX * 1000;
  for (;;) {
    const backups = await backupsOf(url);
    if (backups.every(({ status }) => SETTLED.includes(status))) return backups;
    if (performance.now() > until)
      throw new Error(`not settled after ${SETTLE_SECONDS_MAX} s: ${JSON.stringify(backups)}`);
    await sleep(200);
  }
}

function tell(text: string): void {
  process.stdout.write(`killed platform, seed ${seed}: ${text}\n`);
}

const counted = (names: readonly string[]): string =>
  [...Map.groupBy(names, (name) => name)].map(([name, all]) => `${all.length} ${name}`).join(', ');

describe('holdfast up, killed and started again', () => {
  it(
    'SIGKILL at any moment of a backup - every record settles, and every completed one comes back as its source was',
    async () => {
      const demand = new Demand();
      const moments: string[] = [];
      while (moments.length < KILLS_MIN) moments.push(await killOnce(demand));

      const running = await platform.start();
      try {
        await settled(running.url);
        // Nobody kills this one: what the dead have left must not stand in its way.
        await demand.keepUp(running.url);
        const backups = await settled(running.url);
        const good = backups.filter(({ status }) => GOOD.includes(status));
        tell(`${moments.length} kills (${counted(moments)}), then ${counted(backups.map(({ status }) => status))}`);

        expect(moments.length).toBeGreaterThanOrEqual(KILLS_MIN);
        expect({ status: backups[0]?.status, cause: backups[0]?.cause }).toMatchObject({ status: 'completed' });
        expect(new Set(backups.map(({ id }) => id))).toEqual(new Set(versions.keys()));
        for (const { status, cause, copies } of backups) {
          if (GOOD.includes(status))
            expect(copies.map(({ verifiedAt }) => verifiedAt !== undefined)).toEqual([true, true]);
          else expect({ status, cause }).toMatchObject({ status: 'failed', cause: { name: 'WorkerLost' } });
        }
        for (const { id } of good) await expectEqualRestore(running.url, id);
        const verified = await platform.run(['--json', 'verify', '--all'], running.url);
        expect({ exitCode: verified.exitCode, said: verified.stderr }).toMatchObject({ exitCode: 0 });
        expect((JSON.parse(verified.stdout) as { validations: unknown[] }).validations.length).toBe(good.length);
        await call(running.url, '/api/v1/compliance/audit-log/head?chain=files');
      } finally {
        await running.end('SIGTERM');
      }
      await expectNothingLeft();
    },
    TEST_SECONDS_MAX * 1000,
  );

  it.each([
    // Each kill costs at most one of the three attempts that a restore has.
    { kills: 2, ends: 'ends proven', statuses: ['completed'] },
    { kills: 4, ends: 'ends proven or failed, and only a whole target looks whole', statuses: ['completed', 'failed'] },
  ])(
    'SIGKILL at $kills moments of a restore - $ends',
    async ({ kills, statuses }) => {
      const first = await platform.start();
      const newest = (await backupsOf(first.url)).find(({ status }) => GOOD.includes(status));
      const target = path.join(folder, `restored-under-${kills}-kills`);
      const plan = await call<{ id: string }>(first.url, '/api/v1/recovery/plan', {
        key: `plan-${kills}`,
        body: { store: 'files', backupId: newest?.id, target: { kind: 'directory', path: target } },
      });

      const end = await restoreUnderFire(first, plan.id, kills);

      tell(`${kills} kills of a restore, which ended ${end.status} ${end.cause?.name ?? ''}`);
      expect(statuses).toContain(end.status);
      if (end.status === 'completed') {
        expect(await trees.differences(versions.get(newest?.id ?? '') ?? 0, target)).toBe('');
        expect(marksOf(target)).toEqual([]);
      } else {
        expect(end).toMatchObject({ cause: { name: 'WorkerLost' } });
        expect(marksOf(target)).not.toEqual([]);
      }
      await expectNothingLeft();
    },
    TEST_SECONDS_MAX * 1000,
  );
});

/** The request is repeated after every kill with its key, as a client does that got no answer. Returns how the restore ended. */
async function restoreUnderFire(first: RunningPlatform, planId: string, kills: number): Promise<Recovery> {
  let running = first;
  const ask = (): Promise<{ recoveryId: string }> =>
    call(running.url, '/api/v1/recovery/run', { key: `run-${kills}`, body: { planId } });
  for (let killed = 0; killed < kills; killed++) {
    const asking = unlessDead(ask(), running);
    if (chance(3) > 0) await asking;
    await sleep(chance(1500));
    await running.end('SIGKILL');
    await asking;
    running = await platform.start();
  }
  try {
    return await recoverySettled(running.url, (await ask()).recoveryId);
  } finally {
    await running.end('SIGTERM');
  }
}

async function expectEqualRestore(url: string, id: string): Promise<void> {
  const target = path.join(folder, 'restored', id);
  const restored = await platform.run(['--json', 'restore', 'run', 'files', '--backup', id, '--to-dir', target], url);

  expect({ id, exitCode: restored.exitCode, said: restored.stderr }).toMatchObject({ exitCode: 0 });
  expect({ id, differences: await trees.differences(versions.get(id) ?? 0, target) }).toEqual({ id, differences: '' });
}

interface Recovery {
  readonly status: string;
  readonly cause?: { readonly name: string };
}

async function recoverySettled(url: string, id: string): Promise<Recovery> {
  const until = performance.now() + SETTLE_SECONDS_MAX * 1000;
  for (;;) {
    const recovery = await call<Recovery>(url, `/api/v1/recovery/status/${id}`);
    if (['completed', 'failed', 'aborted'].includes(recovery.status)) return recovery;
    if (performance.now() > until)
      throw new Error(`restore not settled after ${SETTLE_SECONDS_MAX} s: ${recovery.status}`);
    await sleep(200);
  }
}

/** The marks of an unfinished restore; a target that was never made has none and looks like nothing at all. */
const marksOf = (target: string): readonly string[] =>
  existsSync(target) ? readdirSync(target).filter((name) => name.startsWith('.holdfast-restore-')) : ['no target'];

/** No worker outlives its platform, and no plaintext of a killed one lies about. */
async function expectNothingLeft(): Promise<void> {
  const until = performance.now() + 5000;
  while (processesOf(platform.folder).length > 0 && performance.now() < until) await sleep(100);

  expect(processesOf(platform.folder)).toEqual([]);
  expect(readdirSync(path.join(platform.folder, '.holdfast', 'staging'))).toEqual([]);
}
