// The restores of the demonstration: planned, run, and compared by PostgreSQL itself and by diff.
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFromDataDir } from '../../test/servers/postgresql.ts';
import type { ApiClient } from './api-client.ts';
import type { Screen, SummaryLine } from './screen.ts';
import { shopSums } from './shop-database.ts';
import { diffTrees } from './world.ts';
import type { Oracles, World } from './world.ts';

export type StoreReport = Omit<SummaryLine, 'backups'>;

const WAIT_SECONDS_MAX = 120;

export async function restorePostgresql(
  world: World,
  api: ApiClient,
  oracles: Oracles,
  out: Screen,
): Promise<StoreReport> {
  const dataDir = path.join(world.folder, 'restored-data');
  const restoreSeconds = await restore(api, 'shop-db', { kind: 'data-directory', path: dataDir }, out);
  const server = await startFromDataDir({ major: 18, dataDir, password: world.server.password });
  try {
    const sums = await shopSums(server);
    const equal = JSON.stringify(sums) === JSON.stringify(oracles.shop);
    return {
      name: 'shop-db',
      engine: 'postgresql',
      restored: true,
      equal,
      restoreSeconds,
      oracle: `SQL: ${sums.rows} rows of 4 tables on the started server`,
    };
  } finally {
    await server.stop('fast');
  }
}

export async function restoreFiles(world: World, api: ApiClient, oracles: Oracles, out: Screen): Promise<StoreReport> {
  const target = path.join(world.folder, 'restored-files');
  const restoreSeconds = await restore(api, 'shop-files', { kind: 'directory', path: target }, out);
  const difference = await diffTrees(oracles.treeCopy, target);
  return {
    name: 'shop-files',
    engine: 'files',
    restored: true,
    equal: difference === undefined,
    restoreSeconds,
    oracle: difference ?? 'diff -r',
  };
}

interface Plan {
  readonly id: string;
  readonly backupId: string;
  readonly location: string;
  readonly estimatedSeconds: number;
}

interface Recovery {
  readonly status: string;
  readonly restoreSeconds?: number;
  readonly cause?: { readonly name: string; readonly message: string };
}

async function restore(api: ApiClient, store: string, target: object, out: Screen): Promise<number> {
  const plan = await api.post<Plan>('/api/v1/recovery/plan', { store, target });
  out.step(
    'a restore',
    `${store} from ${plan.backupId} at "${plan.location}" to a new place, estimated ${plan.estimatedSeconds} s`,
  );
  const { recoveryId } = await api.post<{ recoveryId: string }>('/api/v1/recovery/run', { planId: plan.id });
  const until = performance.now() + WAIT_SECONDS_MAX * 1000;
  let shown = '';
  for (;;) {
    const recovery = await api.get<Recovery>(`/api/v1/recovery/status/${recoveryId}`);
    if (recovery.status !== shown) out.progress(store, (shown = recovery.status));
    if (shown === 'completed') return recovery.restoreSeconds ?? 0;
    if (shown === 'failed' || shown === 'aborted')
      throw new Error(`restore of ${store} ${shown}: ${JSON.stringify(recovery.cause)}`);
    if (performance.now() > until) throw new Error(`restore of ${store} did not end within ${WAIT_SECONDS_MAX} s`);
    await sleep(200);
  }
}
