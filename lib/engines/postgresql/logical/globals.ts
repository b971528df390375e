// Dumps what belongs to no database: roles, their memberships and settings, tablespaces. Without them a restored database has no owners.

import type { UnitFacts } from '../../../domain/backup-record.ts';
import { HoldfastError } from '../../../domain/errors.ts';
import { isoNow } from '../../../ports/clock.ts';
import type { DumpSink, EngineContext, EngineSource } from '../../../ports/engine.ts';
import { connectionTarget, logicalSettings } from '../settings.ts';
import { findClientTool, vulnerabilityWarnings } from './client-tools.ts';
import { GLOBALS_FILE } from './layout.ts';
import { openPinned, serverVersion } from './pinned-session.ts';
import { systemIdentifier } from './snapshot.ts';
import { toolEnvironment } from './tool-environment.ts';
import { ToolProcess } from './tool-process.ts';

const END_MARK = '-- PostgreSQL database cluster dump complete';
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
  const environment = await toolEnvironment(target, settings, tool.major, context.scratchDir);
  const process = new ToolProcess({
    name: 'pg_dumpall',
    path: tool.path,
    args,
    environment,
    folder: context.scratchDir,
    signal: context.signal,
  });
  process.stdin.end();
  const mtimeNs = BigInt(context.clock.now()) * 1_000_000n;
  const writer = sink.open({ path: Buffer.from(GLOBALS_FILE), kind: 'file', mode: 0o600, uid: 0, gid: 0, mtimeNs });
  let tail = Buffer.alloc(0);
  try {
    for await (const piece of process.stdout as AsyncIterable<Buffer>) {
      await writer.write(piece);
      tail = Buffer.concat([tail, piece]).subarray(-TAIL_BYTES);
    }
    const warnings = await process.succeeded();
    if (!tail.toString('latin1').includes(END_MARK))
      throw new HoldfastError('DumpIncomplete', 'the dump of the roles has no end mark');
    await writer.close();
    return {
      sourceVersion: server.version,
      consistentAt: isoNow(context.clock),
      warnings: [
        ...(server.isSuperuser ? [] : ['passwords of roles are not included, because the backup role is no superuser']),
        ...vulnerabilityWarnings('pg_dumpall', tool),
        ...warnings,
      ],
      details: { majorVersion: server.major, systemIdentifier: server.identity, hasRolePasswords: server.isSuperuser },
    };
  } catch (error) {
    await process.kill();
    throw error;
  }
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
