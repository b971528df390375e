// Builds what the demonstration protects: a shop database on a real server, a file tree, and a platform with two locations.
import { execFile } from 'node:child_process';
import { cp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { initialisePlatform } from '../../lib/app/init.ts';
import { tokenFileOf } from '../../lib/app/home.ts';
import { startEmbedded } from '../../lib/app/up.ts';
import type { Embedded } from '../../lib/app/up.ts';
import { openPlatform } from '../../lib/app/wiring.ts';
import { slotStateKey } from '../../lib/records/keys.ts';
import { startPostgresql } from '../../test/servers/postgresql.ts';
import type { PostgresqlServer } from '../../test/servers/postgresql.ts';
import type { Screen } from './screen.ts';
import { changeShop, createShop, shopSums } from './shop-database.ts';
import type { ShopSums } from './shop-database.ts';
import { changeTree, createTree } from './file-tree.ts';

const run = promisify(execFile);
const BACKUP_PASSWORD = 'demo-only';

export interface Oracles {
  /** Sums that PostgreSQL itself computed before the damage. */
  readonly shop: ShopSums;
  /** A plain copy of the tree, for diff. */
  readonly treeCopy: string;
}

export interface World {
  readonly folder: string;
  readonly configFile: string;
  readonly tokenFile: string;
  readonly server: PostgresqlServer;
  readonly tree: string;
  readonly embedded: Embedded;
  changeData(): Promise<void>;
  takeOracles(): Promise<Oracles>;
  damage(): Promise<void>;
  close(): Promise<void>;
}

export async function buildWorld(folder: string, out: Screen): Promise<World> {
  const server = await startPostgresql({ major: 18, dir: path.join(folder, 'postgresql'), auth: 'scram' });
  try {
    return await furnish(folder, server, out);
  } catch (error) {
    await server.stop('immediate');
    throw error;
  }
}

async function furnish(folder: string, server: PostgresqlServer, out: Screen): Promise<World> {
  await createShop(server, BACKUP_PASSWORD);
  const tree = path.join(folder, 'shop-files');
  const files = await createTree(tree);
  out.step('a shop', `PostgreSQL 18 with ${(await shopSums(server)).rows} rows, a tree of ${files} files`);

  const { configFile, recoveryKey } = await configure(folder, server, tree);
  out.step('a platform', 'two locations in two failure domains, a schedule, a recovery key shown once:');
  out.detail(recoveryKey);
  const embedded = await startEmbedded({
    configFile,
    tickMilliseconds: 500,
    port: 0,
    ...(process.argv.includes('--log') && { logTo: process.stderr }),
  });
  return {
    folder,
    configFile,
    tokenFile: tokenFileOf(embedded.platform.home),
    server,
    tree,
    embedded,
    changeData: async () => {
      await changeShop(server);
      await changeTree(tree);
      out.step('the data changes', 'new orders, an edited catalogue, a deleted invoice');
    },
    takeOracles: async () => {
      const treeCopy = path.join(folder, 'oracle-tree');
      await cp(tree, treeCopy, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
      return { shop: await shopSums(server), treeCopy };
    },
    damage: async () => {
      await server.sql('shop', 'DROP TABLE order_items, orders CASCADE');
      await rm(path.join(tree, 'invoices'), { recursive: true });
      out.step('the accident', 'DROP TABLE order_items, orders CASCADE;   rm -r invoices');
    },
    close: async () => {
      await embedded.close();
      await server.stop('fast');
    },
  };
}

/** The slot of this minute is made due, as if the platform had been set up a minute ago: nobody likes to wait for a full minute. */
async function configure(folder: string, server: PostgresqlServer, tree: string) {
  const configFile = path.join(folder, 'holdfast.yaml');
  const passwordFile = path.join(folder, 'backup-password');
  await writeFile(passwordFile, BACKUP_PASSWORD, { mode: 0o600 });
  const minuteStart = Math.floor(Date.now() / 60_000) * 60_000;
  const text = configurationText({ folder, server, tree, passwordFile, minute: new Date(minuteStart).getUTCMinutes() });
  const { recoveryKey } = await initialisePlatform({ configFile, text });
  const platform = await openPlatform({ configFile });
  for (const { store, schedules } of platform.policies.stores()) {
    for (const schedule of schedules) {
      const value = { createdAt: minuteStart - 1000 };
      await platform.catalog.transact([
        { kind: 'put', key: slotStateKey(store, schedule.id), value, condition: { kind: 'absent' } },
      ]);
    }
  }
  await platform.close();
  if (recoveryKey === undefined) throw new Error('init made no recovery key');
  return { configFile, recoveryKey };
}

interface ConfigurationParts {
  readonly folder: string;
  readonly server: PostgresqlServer;
  readonly tree: string;
  readonly passwordFile: string;
  readonly minute: number;
}

const configurationText = ({ folder, server, tree, passwordFile, minute }: ConfigurationParts): string => `version: 1
timezone: UTC
platform:
  country: RU
locations:
  primary: { kind: directory, path: ${path.join(folder, 'backups-primary')}, country: RU, region: moscow, dataCenter: dc-1, failureDomain: dc-1 }
  second: { kind: directory, path: ${path.join(folder, 'backups-second')}, country: RU, region: spb, dataCenter: dc-2, failureDomain: dc-2 }
rules: { packs: [ru-152-fz] }
services:
  shop:
    owner: team-shop
    stores:
      shop-db:
        engine: postgresql
        method: physical
        class: critical
        data: payment_data
        full: "${minute} * * * *"
        copies: [primary, second]
        keep: { daily: 30d }
        source: { host: 127.0.0.1, port: ${server.port}, user: backup, credentialRef: "file:${passwordFile}" }
      shop-files:
        engine: files
        class: high
        data: game_data
        full: "${minute} * * * *"
        copies: [primary, second]
        keep: { daily: 30d }
        source: { paths: ["${tree}"] }
`;

/** Equal, or the first words of \`diff\`. */
export async function diffTrees(left: string, right: string): Promise<string | undefined> {
  try {
    await run('diff', ['-r', '--no-dereference', left, right]);
    return undefined;
  } catch (error) {
    return String((error as { stdout?: string }).stdout ?? error).split('\n')[0];
  }
}
