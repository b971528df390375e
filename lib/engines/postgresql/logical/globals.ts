// Dumps what belongs to no database: roles, their memberships and settings, tablespaces. Without them a restored database has no owners.

import type { UnitFacts } from '../../../domain/backup-record.ts';
import { HoldfastError } from '../../../domain/errors.ts';
import { isoNow } from '../../../ports/clock.ts';
import type { DumpSink, EngineContext, EngineSource } from '../../../ports/engine.ts';
import { connectionTarget, logicalSettings } from '../settings.ts';
import { findClientTool, vulnerabilityWarnings } from './client-tools.ts';
import { GLOBALS_END_MARK, GLOBALS_FILE } from './layout.ts';
import { openPinned, serverVersion } from './pinned-session.ts';
import { runTool } from './run-tool.ts';
import { systemIdentifier } from './snapshot.ts';

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;
const TAIL_BYTES = 256;
/** A name that no client program could take for an address or for an option. */
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export async function dumpGlobals(source: EngineSource, sink: DumpSink, context: EngineContext): Promise<UnitFacts> {
  const settings = logicalSettings(source.settings);
  const target = await connectionTarget(settings, context);
  const server = await readServer(target, context);
  const tool = await findClientTool('pg_dumpall', server.major, settings);
  const args = [
    '--globals-only',
    '--no-password',
    // The program wants it by argument; without one it tries "postgres" and "template1".
    ...(PLAIN_NAME.test(target.database) ? [`--database=${target.database}`] : []),
    // Only a superuser may read the hashes of passwords.
    ...(server.isSuperuser ? [] : ['--no-role-passwords']),
  ];
  const run = { name: 'pg_dumpall', program: tool, target, settings, argumentsIn: () => args } as const;
  const said = await runTool(run, context, async (process) => {
    process.stdin.end();
    const mtimeNs = BigInt(context.clock.now()) * NANOSECONDS_PER_MILLISECOND;
    const writer = sink.open({ path: Buffer.from(GLOBALS_FILE), kind: 'file', mode: 0o600, uid: 0, gid: 0, mtimeNs });
    let tail = Buffer.alloc(0);
    for await (const piece of process.stdout as AsyncIterable<Buffer>) {
      await writer.write(piece);
      tail = Buffer.concat([tail, piece]).subarray(-TAIL_BYTES);
    }
    const warnings = await process.succeeded();
    if (!tail.toString('latin1').includes(GLOBALS_END_MARK)) {
      throw new HoldfastError('DumpIncomplete', 'the dump of the roles has no end mark');
    }
    await writer.close();
    return warnings;
  });
  return {
    sourceVersion: server.version,
    consistentAt: isoNow(context.clock),
    warnings: [
      ...(server.isSuperuser ? [] : ['passwords of roles are not included, because the backup role is no superuser']),
      ...vulnerabilityWarnings('pg_dumpall', tool),
      ...said,
    ],
    details: { majorVersion: server.major, systemIdentifier: server.identity, hasRolePasswords: server.isSuperuser },
  };
}

async function readServer(target: Parameters<typeof openPinned>[0], context: EngineContext) {
  const connection = await openPinned(target, context);
  try {
    const { version, major } = await serverVersion(connection);
    const [row] = await connection.query("SELECT current_setting('is_superuser') AS superuser");
    return { version, major, isSuperuser: row?.['superuser'] === 'on', identity: await systemIdentifier(connection) };
  } finally {
    await connection.close();
  }
}
