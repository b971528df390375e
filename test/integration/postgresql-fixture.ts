// What the PostgreSQL tests share: a source on a real server, an engine context in a folder, dumps into a directory sink.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client } from 'pg';

import { systemClock } from '../../lib/clouds/local/clock.ts';
import type { UnitFacts } from '../../lib/domain/backup-record.ts';
import { HoldfastError } from '../../lib/domain/errors.ts';
import { Secret } from '../../lib/domain/secret.ts';
import { postgresql } from '../../lib/engines/postgresql/engine.ts';
import type { EngineContext, EngineSource, RestoreRequest } from '../../lib/ports/engine.ts';
import { directorySink, type DirectorySink, type DirectorySinkOptions } from '../fakes/directory-sink.ts';
import type { PostgresqlServer } from '../servers/postgresql.ts';

export interface Workplace {
  /** A new path below the test's folder; nothing is there yet. */
  path(name: string): string;
  context(options?: {
    readonly signal?: AbortSignal;
    readonly secrets?: Readonly<Record<string, string>>;
  }): EngineContext;
  sink(options?: DirectorySinkOptions): DirectorySink;
  remove(): void;
}

export function workplace(): Workplace {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-pg-'));
  let count = 0;
  const path = (name: string): string => join(folder, `${count++}-${name}`);
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  return {
    path,
    context: ({ signal = new AbortController().signal, secrets = {} } = {}) => {
      const scratchDir = path('scratch');
      mkdirSync(scratchDir, { mode: 0o700 });
      const read = async (reference: string): Promise<Secret> => {
        const value = secrets[reference];
        if (value === undefined) throw new HoldfastError('NotFound', `unable to read secret '${reference}'`);
        return new Secret(value);
      };
      return { clock: systemClock, secrets: { read }, log, signal, scratchDir };
    },
    sink: (options) => {
      const place = path('sink');
      mkdirSync(place);
      return directorySink(place, options);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function sourceOf(
  server: Pick<PostgresqlServer, 'port'>,
  method: 'physical' | 'logical' = 'physical',
  settings: Readonly<Record<string, unknown>> = {},
): EngineSource {
  const all = { host: '127.0.0.1', port: server.port, user: 'postgres', ...settings };
  return { store: 'orders-db', method, settings: postgresql.parseSettings(method, all) };
}

/** Dumps every unit, each into a sink of its own. */
export async function dumpAll(source: EngineSource, place: Workplace, options: DirectorySinkOptions = {}) {
  const units = await postgresql.plan(source, place.context());
  const dumped: { readonly name: string; readonly sink: DirectorySink; readonly facts: UnitFacts }[] = [];
  for (const unit of units) {
    const sink = place.sink(options);
    dumped.push({ name: unit.name, sink, facts: await postgresql.dump(source, unit, sink, place.context()) });
  }
  return dumped;
}

export const readersOf = (dumped: Awaited<ReturnType<typeof dumpAll>>) =>
  dumped.map(({ name, sink, facts }) => sink.point(facts, name));

export function restoreRequest(target: RestoreRequest['target'], more: Partial<RestoreRequest> = {}): RestoreRequest {
  return { target, selectedTables: [], selectedPaths: [], mayOverwrite: false, progress: () => undefined, ...more };
}

/** Writes rows in a loop over one connection, as an application does while it is backed up. */
export async function keepWriting(server: PostgresqlServer, statement: string) {
  const client = new Client({
    host: server.host,
    port: server.port,
    user: 'postgres',
    database: 'postgres',
    password: server.password,
  });
  client.on('error', () => undefined);
  await client.connect();
  let isStopped = false;
  let rounds = 0;
  const loop = (async () => {
    while (!isStopped) {
      await client.query(statement);
      rounds++;
    }
  })().catch(() => undefined);
  return {
    rounds: () => rounds,
    stop: async () => {
      isStopped = true;
      await loop;
      await client.end().catch(() => undefined);
    },
  };
}
