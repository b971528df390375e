// The demonstration: a real PostgreSQL and a file tree are backed up by schedule and by request, damaged, restored, and compared
// by things that are not ours. Exits 0 only when every store came back equal.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { apiClient } from './demo/api-client.ts';
import { backUpByRequest, backUpBySchedule } from './demo/backups.ts';
import { buildWorld } from './demo/world.ts';
import type { World } from './demo/world.ts';
import { restoreFiles, restorePostgresql } from './demo/restores.ts';
import type { StoreReport } from './demo/restores.ts';
import { terminalPicture } from './demo/picture.ts';
import { screen } from './demo/screen.ts';

const isJson = process.argv.includes('--json');
const isKept = process.argv.includes('--keep');
/** `--picture FILE` draws what the screen showed. */
const pictureFile = process.argv.includes('--picture')
  ? process.argv[process.argv.indexOf('--picture') + 1]
  : undefined;

const out = screen({ isQuiet: isJson });
const startedAt = performance.now();
const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-demo-'));
let world: World | undefined;
try {
  world = await buildWorld(folder, out);
  const api = await apiClient(world.embedded.url, world.tokenFile);
  await backUpBySchedule(api, out);
  await world.changeData();
  const counts = await backUpByRequest(api, out);
  const oracles = await world.takeOracles();
  await world.damage();
  const reports = [await restorePostgresql(world, api, oracles, out), await restoreFiles(world, api, oracles, out)];
  await summarise(reports, counts);
  if (isKept) await keepRunning(world);
} catch (error) {
  process.exitCode = 1;
  out.failed(error);
} finally {
  await world?.close();
  if (!isKept) await rm(folder, { recursive: true, force: true });
}

async function summarise(reports: readonly StoreReport[], backups: ReadonlyMap<string, number>): Promise<void> {
  const stores = reports.map((report) => ({ ...report, backups: backups.get(report.name) ?? 0 }));
  const isAllEqual = stores.every((store) => store.equal && store.backups >= 2);
  if (!isAllEqual) process.exitCode = 1;
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  if (isJson)
    process.stdout.write(
      `${JSON.stringify({ stores: stores.map(({ oracle: _, restoreSeconds, ...store }) => ({ ...store, restoreSeconds: Math.round(restoreSeconds * 1000) / 1000 })), seconds })}\n`,
    );
  out.summary(stores, seconds, isAllEqual);
  if (pictureFile !== undefined) await writeFile(pictureFile, terminalPicture(out.text()));
}

async function keepRunning({ embedded, configFile }: World): Promise<void> {
  out.kept({ url: embedded.url, configFile, folder });
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}
