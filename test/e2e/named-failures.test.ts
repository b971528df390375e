// What must not go unnoticed: each trouble ends in its named error or status, the documented exit code, and a message to a person.

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { runProcess, runProcessOrThrow } from '../../scripts/run-process.ts';
import type { ProcessResult } from '../../scripts/run-process.ts';
import { hasPostgresqlClient, postgresqlClient } from '../servers/postgresql-programs.ts';
import { startPostgresql } from '../servers/postgresql.ts';
import type { PostgresqlServer } from '../servers/postgresql.ts';
import { scratchFolder, scratchPlatform } from './scratch-platform.ts';
import type { RunningPlatform, ScratchPlatform } from './scratch-platform.ts';

const MAJOR = 18;
const withClient = hasPostgresqlClient(MAJOR) ? it : it.skip;

let folder: string;
let webhook: Server;
let messages: string[];
let postgresql: PostgresqlServer;
let running: RunningPlatform | undefined;
let mounted: string | undefined;

beforeAll(async () => {
  const dir = path.join(tmpdir(), `holdfast-named-${process.pid}`);
  postgresql = await startPostgresql({ major: MAJOR, dir, auth: 'scram' });
  webhook = createServer((request, response) => {
    let body = '';
    request.on('data', (bytes: Buffer) => (body += bytes.toString()));
    request.on('end', () => {
      messages.push(body);
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  await running?.end('SIGTERM');
  running = undefined;
  if (mounted !== undefined) await runProcess('umount', [mounted]);
  mounted = undefined;
  rmSync(folder, { recursive: true, force: true });
});

afterAll(async () => {
  webhook.close();
  await postgresql.stop('immediate');
});

interface Trouble {
  readonly rules?: string;
  readonly data?: string;
  /** Country that the configuration declares for the second location. */
  readonly secondCountry?: string;
  readonly password?: string;
  readonly engine?: 'files' | 'postgresql';
  /** Folder of client programs: a logical backup with them. */
  readonly clientBinDir?: string;
}

/** A platform with a webhook, one store `main-store`, and the given trouble in its configuration. */
async function platformWith(trouble: Trouble = {}): Promise<ScratchPlatform> {
  messages = [];
  folder = scratchFolder();
  const tree = path.join(folder, 'tree');
  mkdirSync(tree);
  writeFileSync(path.join(tree, 'a.txt'), 'text '.repeat(10_000));
  writeFileSync(path.join(folder, 'password'), trouble.password ?? postgresql.password, { mode: 0o600 });
  const platform = await scratchPlatform(path.join(folder, 'platform'), { paths: [tree] });
  writeFileSync(platform.configFile, configuration(platform.folder, tree, trouble));
  await platform.run(['init', '--non-interactive']);
  return platform;
}

const configuration = (home: string, tree: string, trouble: Trouble): string => `version: 1
timezone: UTC
platform:
  country: RU
  notify: { webhook: { url: "http://127.0.0.1:${(webhook.address() as AddressInfo).port}/hook" } }
locations:
  primary: { kind: directory, path: "${home}/primary", country: RU, failureDomain: one }
  second: { kind: directory, path: "${home}/second", country: ${trouble.secondCountry ?? 'RU'}, failureDomain: two }
rules: { packs: [${trouble.rules ?? ''}] }
services:
  main:
    owner: test
    stores:
      main-store:
        engine: ${trouble.engine ?? 'files'}
        ${trouble.engine === 'postgresql' ? `method: ${trouble.clientBinDir === undefined ? 'physical' : 'logical'}` : ''}
        class: medium
        data: ${trouble.data ?? 'system_data'}
        full: "0 2 * * *"
        copies: [primary, second]
        keep: { daily: 30d }
        source: ${trouble.engine === 'postgresql' ? `{ host: 127.0.0.1, port: ${postgresql.port}, user: postgres, credentialRef: "file:${path.join(folder, 'password')}"${trouble.clientBinDir === undefined ? '' : `, databases: [postgres], clientBinDir: "${trouble.clientBinDir}"`} }` : `{ paths: ["${tree}"] }`}
`;

async function backUp(platform: ScratchPlatform): Promise<{ result: ProcessResult; backup: BackupView | undefined }> {
  running ??= await platform.start();
  const result = await platform.run(['--json', 'backup', 'now', 'main-store', '--wait'], running.url);
  const document = JSON.parse(result.stdout) as { backups?: BackupView[] };
  return { result, backup: document.backups?.[0] };
}

interface BackupView {
  readonly id: string;
  readonly status: string;
  readonly cause?: { readonly name: string };
  readonly checks: readonly { readonly verdict: string; readonly evidence: string }[];
}

describe('a backup that must not look good', () => {
  it('a wrong password - failed with SourceAuthenticationFailed, exit 6, and a message', async () => {
    const platform = await platformWith({ engine: 'postgresql', password: 'wrong' });

    const { result, backup } = await backUp(platform);

    expect(backup).toMatchObject({ status: 'failed', cause: { name: 'SourceAuthenticationFailed' } });
    expect(result.exitCode).toBe(6);
    expect(messages.length).toBe(1);
    expect(messages.join()).not.toContain('wrong');
  });

  withClient(
    'a dump tool that writes half and exits 1 - failed with DumpToolFailed after three attempts, exit 1, and a message',
    async () => {
      const { binDir } = postgresqlClient(MAJOR);
      const stubs = mkdtempSync(path.join(tmpdir(), 'holdfast-stub-'));
      const calls = path.join(stubs, 'calls');
      for (const program of ['pg_dumpall', 'pg_restore'])
        symlinkSync(path.join(binDir, program), path.join(stubs, program));
      const script = `#!/bin/sh\n[ "$1" = --version ] && exec ${binDir}/pg_dump --version\necho call >> ${calls}\n${binDir}/pg_dump "$@" | head -c 1000\nexit 1\n`;
      writeFileSync(path.join(stubs, 'pg_dump'), script, { mode: 0o755 });
      const platform = await platformWith({ engine: 'postgresql', clientBinDir: stubs });

      const { result, backup } = await backUp(platform);

      expect(backup).toMatchObject({ status: 'failed', cause: { name: 'DumpToolFailed' } });
      expect(result.exitCode).toBe(1);
      expect(messages.length).toBe(1);
      expect(readFileSync(calls, 'utf8').split('\n').filter(Boolean)).toHaveLength(3);
      rmSync(stubs, { recursive: true });
    },
  );

  it('the second location itself says that it lies in a forbidden country - quarantined with its evidence, exit 5, and a message', async () => {
    const platform = await platformWith({ rules: 'ru-152-fz', data: 'user_data' });
    const marker = path.join(platform.folder, 'second', 'location.json');
    writeFileSync(marker, readFileSync(marker, 'utf8').replace('"RU"', '"DE"'));

    const { result, backup } = await backUp(platform);

    expect(backup?.status).toBe('quarantined');
    expect(backup?.checks.some((check) => check.verdict === 'fail' && check.evidence.includes('DE'))).toBe(true);
    expect(result.exitCode).toBe(5);
    expect(messages.length).toBe(1);
  });

  for (const [what, options, name] of [
    ['full', 'size=64k', 'StorageFull'],
    ['read-only', 'ro', 'StorageReadOnly'],
  ] as const) {
    it(`the second location is ${what} - failed with ${name}, exit 7, and a message`, async () => {
      const platform = await platformWith();
      const second = path.join(platform.folder, 'second');
      // Incompressible, so that it does not fit into the small file system.
      writeFileSync(
        path.join(folder, 'tree', 'noise'),
        Buffer.concat([readFileSync(process.execPath).subarray(0, 4_000_000)]),
      );
      const marker = readFileSync(path.join(second, 'location.json'));
      await mount(second, what === 'full' ? options : 'size=4m');
      writeFileSync(path.join(second, 'location.json'), marker);
      if (what === 'read-only') await runProcessOrThrow('mount', ['-o', 'remount,ro', second]);

      const { result, backup } = await backUp(platform);

      expect(backup).toMatchObject({ status: 'failed', cause: { name } });
      expect(result.exitCode).toBe(7);
      expect(messages.length).toBe(1);
    });
  }

  it('a flipped bit in any stored pack - verify finds it: corrupted, exit 1, and a message', async () => {
    const platform = await platformWith();
    expect((await backUp(platform)).backup?.status).toBe('completed');
    for (const location of ['primary', 'second']) {
      const pack = findPack(path.join(platform.folder, location));
      const bytes = readFileSync(pack);
      bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
      writeFileSync(pack, bytes);
    }

    const verified = await platform.run(['--json', 'verify', '--all'], running?.url);
    const status = await platform.run(['--json', 'backup', 'list', 'main-store'], running?.url);

    expect(verified.exitCode).toBe(1);
    expect(status.stdout).toContain('"corrupted"');
    expect(messages.length).toBe(1);
  });
});

describe('a configuration that must not be taken', () => {
  it('a location declared in a forbidden country - is refused before anything is stored there, exit 2', async () => {
    const platform = await platformWith();
    writeFileSync(
      platform.configFile,
      configuration(platform.folder, path.join(folder, 'tree'), {
        rules: 'ru-152-fz',
        data: 'user_data',
        secondCountry: 'DE',
      }),
    );

    const validated = await platform.run(['policy', 'validate']);

    expect(validated.exitCode).toBe(2);
    expect(validated.stdout + validated.stderr).toContain('DE');
  });

  for (const [what, find, replace, expected] of [
    ['a six-field cron', '"0 2 * * *"', '"0 2 ? * 1 *"', /0 2 \* \* /],
    ['an unknown key', 'keep: {', 'retension: {', /retension/],
  ] as const) {
    it(`${what} - is refused with its place and cure, exit 2`, async () => {
      const platform = await platformWith();
      writeFileSync(platform.configFile, readFileSync(platform.configFile, 'utf8').replace(find, replace));

      const validated = await platform.run(['policy', 'validate']);
      const started = await platform.run(['up', '--port', '0']);

      expect(validated.exitCode).toBe(2);
      expect(validated.stdout + validated.stderr).toMatch(expected);
      expect(validated.stdout + validated.stderr).toMatch(/holdfast\.yaml:\d+:\d+/);
      expect(started.exitCode).toBe(2);
    });
  }
});

async function mount(place: string, options: string): Promise<void> {
  await runProcessOrThrow('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', place]);
  mounted = place;
}

/** The first stored pack below a location, wherever its adapter keeps the bytes. */
function findPack(location: string): string {
  const files = readdirSync(location, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const packs = files
    .filter((file) => file.includes('/packs/'))
    .map((file) => ({ file, size: readFileSync(file).length }));
  const largest = packs.toSorted((left, right) => right.size - left.size)[0];
  if (largest === undefined) throw new Error(`no pack below '${location}' among ${files.length} files`);
  return largest.file;
}
