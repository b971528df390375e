// Physical backups that go wrong: every fault has its name, nothing that looks whole is left, and secrets stay secret.
import { createServer, connect, type Socket } from 'node:net';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { postgresql } from '../../lib/engines/postgresql/engine.ts';
import { hasPostgresqlServer } from '../servers/postgresql-programs.ts';
import { startFromDataDir, startPostgresql, type PostgresqlServer } from '../servers/postgresql.ts';
import { dumpAll, keepWriting, readersOf, restoreRequest, sourceOf, workplace } from './postgresql-fixture.ts';

const MAJOR = 17;
const withServer = hasPostgresqlServer(MAJOR) ? test : test.skip;
const place = workplace();
let server: PostgresqlServer;
let dumped: Awaited<ReturnType<typeof dumpAll>>;

beforeAll(async () => {
  if (!hasPostgresqlServer(MAJOR)) return;
  server = await startPostgresql({
    major: MAJOR,
    dir: place.path('source'),
    auth: 'scram',
    settings: { max_slot_wal_keep_size: '64MB' },
  });
  await server.sql(
    'postgres',
    'CREATE TABLE orders AS SELECT g AS id, repeat(md5(g::text), 30) AS note FROM generate_series(1, 60000) g',
  );
  await server.sql('postgres', "CREATE ROLE backup LOGIN REPLICATION PASSWORD 'right-password'");
  await server.sql('postgres', "CREATE ROLE plain LOGIN PASSWORD 'right-password'");
  dumped = await dumpAll(source(), withSecret(place));
});
afterAll(async () => {
  if (hasPostgresqlServer(MAJOR)) await server.stop('immediate');
  place.remove();
});

const SECRETS = { 'env:RIGHT': 'right-password', 'env:WRONG': 'wrong-canary-7f3a' };
const source = (settings: Readonly<Record<string, unknown>> = {}) =>
  sourceOf(server, 'physical', { user: 'backup', credentialRef: 'env:RIGHT', ...settings });

function withSecret(inner: typeof place): typeof place {
  return { ...inner, context: (options = {}) => inner.context({ secrets: SECRETS, ...options }) };
}

/** Dumps with the given sink behaviour; the plan was made before. */
async function dumpOnce(
  settings: Readonly<Record<string, unknown>> = {},
  options: Parameters<typeof place.sink>[0] = {},
  signal = new AbortController().signal,
) {
  const context = withSecret(place).context({ signal });
  const sink = place.sink(options);
  const facts = await postgresql.dump(
    source(settings),
    { name: 'base', sizeBytesEstimate: 0, spec: {} },
    sink,
    context,
  );
  return { facts, sink, context };
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

describe('reaching the source', () => {
  withServer('wrong password - SourceAuthenticationFailed, and the password is nowhere in the error', async () => {
    const error: unknown = await postgresql
      .probe(source({ credentialRef: 'env:WRONG' }), withSecret(place).context())
      .catch((caught: unknown) => caught);

    expect(error).toMatchObject({ name: 'SourceAuthenticationFailed', facts: { user: 'backup' } });
    const { inspect } = await import('node:util');
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('wrong-canary');
  });

  withServer(
    'no credentialRef where a password is asked for - SourceAuthenticationFailed, not the environment of this process',
    async () => {
      process.env['PGPASSWORD'] = 'right-password';
      try {
        await expect(postgresql.probe(source({ credentialRef: undefined }), place.context())).rejects.toMatchObject({
          name: 'SourceAuthenticationFailed',
        });
      } finally {
        delete process.env['PGPASSWORD'];
      }
    },
  );

  withServer('closed port - SourceUnreachable', async () => {
    await expect(postgresql.probe(source({ port: 1 }), withSecret(place).context())).rejects.toMatchObject({
      name: 'SourceUnreachable',
    });
  });

  withServer('a server without TLS where TLS is demanded - SourceUnreachable, no password was sent', async () => {
    await expect(postgresql.probe(source({ tls: 'verify-full' }), withSecret(place).context())).rejects.toMatchObject({
      name: 'SourceUnreachable',
    });
  });

  withServer('a role without REPLICATION - SourcePrivilegeMissing with its cure', async () => {
    const probing = postgresql.probe(source({ user: 'plain' }), withSecret(place).context());

    await expect(probing).rejects.toMatchObject({ name: 'SourcePrivilegeMissing' });
    await expect(probing).rejects.toThrow('cure: ALTER ROLE "plain" LOGIN REPLICATION');
  });

  withServer('every slot in use - the probe says so with its cure', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `taken_${index}`);
    for (const name of names) await server.sql('postgres', `SELECT pg_create_physical_replication_slot('${name}')`);
    try {
      const { problems } = await postgresql.probe(source(), withSecret(place).context());

      expect(problems.join()).toContain('every replication slot is in use; cure:');
      await expect(dumpOnce()).rejects.toMatchObject({ name: 'SourceUnreachable' });
    } finally {
      for (const name of names) await server.sql('postgres', `SELECT pg_drop_replication_slot('${name}')`);
    }
  });
});

describe('a stream that is damaged or cut', () => {
  withServer('trap 55 - a byte flipped before it is stored - DumpIncomplete by the manifest', async () => {
    let isFlipped = false;
    const flip = (path: string, bytes: Uint8Array): void => {
      if (isFlipped || !/^data\/base\/\d+\/\d+$/.test(path) || bytes.length < 8192) return;
      isFlipped = true;
      bytes[100] = (bytes[100] ?? 0) ^ 1;
    };

    await expect(dumpOnce({}, { beforeWrite: flip })).rejects.toMatchObject({
      name: 'DumpIncomplete',
      facts: { different: 1, missing: 0, extra: 0 },
    });
  });

  withServer('trap 3 - the server dies in the middle - a named error, no facts', async () => {
    const victim = await startPostgresql({ major: MAJOR, dir: place.path('victim') });
    await victim.sql(
      'postgres',
      'CREATE TABLE t AS SELECT repeat(md5(g::text), 30) AS note FROM generate_series(1, 60000) g',
    );
    let stopping: Promise<void> | undefined;
    const kill = async (path: string): Promise<void> => {
      if (path.includes('/base/')) stopping ??= victim.stop('immediate');
      await stopping;
    };

    await expect(
      dumpOnce({ port: victim.port, user: 'postgres', credentialRef: undefined }, { beforeWrite: kill }),
    ).rejects.toMatchObject({
      name: 'SourceUnreachable',
    });
  });

  withServer('stopped by request - ExecutionStopped at once, and the server keeps no slot', async () => {
    const controller = new AbortController();
    const stop = (path: string): void => {
      if (path.includes('/base/')) controller.abort();
    };

    await expect(dumpOnce({}, { beforeWrite: stop }, controller.signal)).rejects.toMatchObject({
      name: 'ExecutionStopped',
    });
    await pause(500);
    expect(await server.sql('postgres', 'SELECT count(*) FROM pg_replication_slots')).toEqual([{ count: '0' }]);
  });

  withServer('trap 15 - WAL connection lost during a long backup - the whole attempt fails', async () => {
    const endWal = async (path: string): Promise<void> => {
      if (!path.endsWith('/PG_VERSION')) return;
      await server.sql(
        'postgres',
        "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name LIKE 'holdfast%'",
      );
      await pause(50);
    };

    await expect(dumpOnce({}, { beforeWrite: endWal })).rejects.toMatchObject({ name: 'SourceUnreachable' });
  });

  withServer(
    'trap 15 - a slow backup while the server writes more WAL than it keeps for a slot - complete all the same',
    async () => {
      let rounds = 0;
      const write = async (path: string): Promise<void> => {
        if (!path.includes('/base/') || rounds++ >= 12) return;
        await server.sql('postgres', "SELECT pg_logical_emit_message(false, 'x', repeat('x', 8000000))");
        // At a checkpoint the server gives up slots that lag behind too far.
        await server.sql('postgres', 'CHECKPOINT');
        await pause(150);
      };

      const { facts, sink, context } = await dumpOnce({}, { beforeWrite: write });

      expect(Number(facts.details['walSegments'])).toBeGreaterThan(4);
      expect([...sink.stored.keys()].filter((path) => /pg_wal\/[0-9A-F]{24}$/.test(path))).toHaveLength(
        Number(facts.details['walSegments']),
      );
      expect(readdirSync(join(context.scratchDir, 'wal'))).toEqual([]);
    },
  );

  withServer(
    'trap 15 - the server gives up the slot of a backup that may not report its position - the attempt fails',
    async () => {
      // Where every name counts as a synchronous standby, a backup that reported its position would hold up commits.
      const set = async (names: string) => {
        await server.sql('postgres', `ALTER SYSTEM SET synchronous_standby_names = '${names}'`);
        await server.sql('postgres', 'SELECT pg_reload_conf()');
        await pause(200);
      };
      await server.sql('postgres', "ALTER SYSTEM SET synchronous_commit = 'local'");
      await set('*');
      let rounds = 0;
      const write = async (path: string): Promise<void> => {
        if (!path.includes('/base/') || rounds++ >= 14) return;
        await server.sql('postgres', "SELECT pg_logical_emit_message(false, 'x', repeat('x', 8000000))");
        await server.sql('postgres', 'CHECKPOINT');
      };

      const failure: unknown = await dumpOnce({}, { beforeWrite: write }).catch((error: unknown) => error);
      const [row] = await server.sql('postgres', 'SELECT count(*) FROM pg_replication_slots');
      await set('');

      expect(['SourceUnreachable', 'DumpIncomplete']).toContain((failure as Error).name);
      expect(row).toEqual({ count: '0' });
    },
  );

  withServer('a WAL stream that loses bytes on the way - DumpIncomplete', async () => {
    const proxy = await walDroppingProxy(server.port);
    const writer = await keepWriting(server, "SELECT pg_logical_emit_message(false, 'x', repeat('x', 400000))");
    const slow = async (path: string): Promise<void> => {
      if (path.includes('/base/')) await pause(2);
    };

    try {
      await expect(dumpOnce({ port: proxy.port }, { beforeWrite: slow })).rejects.toMatchObject({
        name: 'DumpIncomplete',
      });
      expect(proxy.dropped()).toBeGreaterThan(0);
    } finally {
      await writer.stop();
      proxy.close();
    }
  });
});

describe('memory', () => {
  withServer('a sink twenty times slower than the server - memory stays bounded', async () => {
    let peak = 0;
    let since = 0;
    const before = process.memoryUsage.rss();
    const slow = async (_path: string, bytes: Uint8Array): Promise<void> => {
      since += bytes.length;
      if (since < 2_000_000) return;
      since = 0;
      await pause(40);
      peak = Math.max(peak, process.memoryUsage.rss());
    };

    const { sink } = await dumpOnce({}, { beforeWrite: slow });

    const bytes = [...sink.stored.values()].reduce((sum, entry) => sum + entry.sizeBytes, 0);
    expect(bytes).toBeGreaterThan(80_000_000);
    expect(peak - before).toBeLessThan(60_000_000);
  });
});

describe('a restore that must not succeed', () => {
  const restore = (path: string, readers = readersOf(dumped)) =>
    postgresql.restore(source(), readers, restoreRequest({ kind: 'data-directory', path }), place.context());

  withServer(
    'trap 56 - a target that holds anything - RestoreTargetNotEmpty, also with permission to overwrite',
    async () => {
      const path = place.path('full');
      const { mkdirSync } = await import('node:fs');
      mkdirSync(path);
      writeFileSync(join(path, 'mine'), 'precious');

      const request = restoreRequest({ kind: 'data-directory', path }, { mayOverwrite: true });

      await expect(postgresql.restore(source(), readersOf(dumped), request, place.context())).rejects.toMatchObject({
        name: 'RestoreTargetNotEmpty',
      });
      expect(readFileSync(join(path, 'mine'), 'utf8')).toBe('precious');
    },
  );

  withServer(
    'trap 51 - a stored file with another content - RestoreMismatch, and no server can start on it',
    async () => {
      const fresh = await dumpAll(source(), withSecret(place));
      const name = [...(fresh[0]?.sink.stored.keys() ?? [])].find((path) => /^data\/base\/\d+\/1259$/.test(path)) ?? '';
      const file = fresh[0]?.sink.fileOf(name) ?? '';
      const bytes = readFileSync(file);
      bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
      writeFileSync(file, bytes);
      const path = place.path('damaged');

      await expect(restore(path, readersOf(fresh))).rejects.toMatchObject({ name: 'RestoreMismatch' });
      expect(existsSync(join(path, 'global/pg_control'))).toBe(false);
      const result = await postgresql.testRestore(source(), readersOf(fresh), undefined, place.context());
      expect(result.verdict).toBe('failed');
      await expect(startFromDataDir({ major: MAJOR, dataDir: path })).rejects.toThrow('could not open file');
    },
  );

  withServer.each([
    ['trap 14 - a WAL segment', /^data\/pg_wal\/[0-9A-F]{24}$/],
    ['a file of a table', /^data\/base\/\d+\/1259$/],
    ['the manifest', /^backup_manifest$/],
    ['the control file', /^data\/global\/pg_control$/],
  ])('%s missing from the recovery point - RestoreMismatch', async (_what, pattern) => {
    const fresh = await dumpAll(source(), withSecret(place));
    const sink = fresh[0]?.sink;
    sink?.forget([...sink.stored.keys()].find((path) => pattern.test(path)) ?? '');
    const path = place.path('lacking');

    await expect(restore(path, readersOf(fresh))).rejects.toMatchObject({ name: 'RestoreMismatch' });
    expect(existsSync(join(path, 'global/pg_control'))).toBe(false);
  });

  withServer('a path that climbs out of the target - UnsafePath, nothing outside was written', async () => {
    const [reader] = readersOf(dumped);
    const evil = {
      path: Buffer.from('data/../../evil'),
      kind: 'file' as const,
      mode: 0o600,
      uid: 0,
      gid: 0,
      mtimeNs: 0n,
      sizeBytes: 0,
      sha256: '',
    };
    const path = place.path('inner');
    const bad = {
      ...reader!,
      entries: async function* () {
        yield evil;
      },
    };

    await expect(restore(path, [bad])).rejects.toMatchObject({ name: 'UnsafePath' });
    expect(existsSync(join(path, '../evil'))).toBe(false);
  });

  withServer('one table of a physical backup - CapabilityUnsupported', async () => {
    const request = restoreRequest(
      { kind: 'data-directory', path: place.path('part') },
      { selectedTables: ['orders'] },
    );

    await expect(postgresql.restore(source(), readersOf(dumped), request, place.context())).rejects.toMatchObject({
      name: 'CapabilityUnsupported',
    });
  });
});

/** Passes everything on, but takes one message out of the write-ahead log stream. Knows messages by their first byte and length. */
async function walDroppingProxy(port: number) {
  let dropped = 0;
  const sockets: Socket[] = [];
  const proxy = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    sockets.push(client, upstream);
    let held = Buffer.alloc(0);
    let messages = 0;
    client.on('error', () => undefined).on('data', (bytes: Buffer) => upstream.write(bytes));
    upstream.on('error', () => undefined).on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
    upstream.on('data', (bytes: Buffer) => {
      held = Buffer.concat([held, bytes]);
      while (held.length >= 5 && held.length >= 1 + held.readUInt32BE(1)) {
        const length = 1 + held.readUInt32BE(1);
        const isWal = held[0] === 0x64 && held[5] === 0x77;
        if (isWal) messages++;
        if (isWal && messages === 3) dropped++;
        else client.write(held.subarray(0, length));
        held = Buffer.from(held.subarray(length));
      }
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    dropped: () => dropped,
    close: () => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}
