// Reads from a restore command where to restore to and what; exactly one target, never a secret.

import path from 'node:path';
import type { Command } from 'commander';
import { HoldfastError } from '../lib/domain/errors.ts';
import type { JsonObject } from '../lib/domain/json.ts';
import { CliFailure, usageFailure } from './failure.ts';
import { quoted } from './session.ts';

export interface TargetOptions {
  readonly backup?: string;
  readonly location?: string;
  readonly toDir?: string;
  readonly toDataDir?: string;
  readonly toUrl?: string;
  readonly credentialRef?: string;
  readonly database?: string;
  readonly inPlace?: boolean;
  readonly table?: readonly string[];
  readonly path?: readonly string[];
}

export function withTargetOptions(command: Command): Command {
  return command
    .option('--backup <id>', 'backup to restore; the newest restorable one when absent')
    .option('--location <name>', 'copy to read; the nearest complete one when absent')
    .option('--to-dir <dir>', 'restore files into a new or empty directory')
    .option('--to-data-dir <dir>', 'restore a database server’s own files into a new or empty directory')
    .option('--to-url <url>', 'restore into another database server, for example postgres://user@host:5432')
    .option('--credential-ref <ref>', 'where the password for --to-url is read: env:NAME or file:/path')
    .option('--database <name>', 'name of the new database for --to-url')
    .option('--in-place', 'restore over the source itself; demands --confirm <store>')
    .option('--table <name...>', 'only these tables')
    .option('--path <path...>', 'only these paths');
}

/** The body of a plan request. @throws CliFailure when the options do not name exactly one target */
export function planRequestOf(store: string, options: TargetOptions): JsonObject {
  return {
    store,
    target: targetOf(options),
    options: {
      ...(options.table !== undefined && { selectedTables: options.table }),
      ...(options.path !== undefined && { selectedFiles: options.path }),
      ...(options.inPlace === true && { overwriteExisting: true }),
    },
    ...(options.backup !== undefined && { backupId: options.backup }),
    ...(options.location !== undefined && { location: options.location }),
  };
}

function targetOf(options: TargetOptions): JsonObject {
  const targets: JsonObject[] = [];
  if (options.toDir !== undefined) targets.push({ kind: 'directory', path: path.resolve(options.toDir) });
  if (options.toDataDir !== undefined) targets.push({ kind: 'data-directory', path: path.resolve(options.toDataDir) });
  if (options.toUrl !== undefined) targets.push(databaseTarget(options.toUrl, options));
  if (options.inPlace === true) targets.push({ kind: 'in-place' });
  const [target] = targets;
  if (target === undefined || targets.length > 1) {
    throw usageFailure(
      targets.length === 0 ? 'where to? no target was given' : 'name one target only',
      'Use one of --to-dir, --to-data-dir, --to-url or --in-place.',
    );
  }
  if (options.toUrl === undefined && (options.credentialRef !== undefined || options.database !== undefined)) {
    throw usageFailure(
      '--credential-ref and --database belong to --to-url',
      'Drop them, or name the server with --to-url.',
    );
  }
  return target;
}

function databaseTarget(text: string, { credentialRef, database }: TargetOptions): JsonObject {
  const url = URL.parse(text);
  if (url === null || url.host === '')
    throw usageFailure('--to-url is no URL', 'Write it as postgres://user@host:5432.');
  if (url.password !== '' || /[?&](password|passwd|pwd|sslpassword)=/i.test(url.search)) throw passwordFailure(url);
  return {
    kind: 'database',
    settings: { url: text, ...(credentialRef !== undefined && { credentialRef }) },
    ...(database !== undefined && { database }),
  };
}

/** The cure is complete but for the secret, which is not repeated. */
function passwordFailure(url: URL): CliFailure {
  const { row } = new HoldfastError('SecretInConfiguration', '');
  url.password = '';
  for (const key of [...url.searchParams.keys()])
    if (/^(password|passwd|pwd|sslpassword)$/i.test(key)) url.searchParams.delete(key);
  return new CliFailure(
    [
      {
        code: row.code,
        title: 'A secret stands on the command line',
        detail: 'the URL carries a password: it would stay in the history and be seen in the process list',
      },
    ],
    `Put it into a 0600 file and call: --to-url ${quoted(url.toString())} --credential-ref file:/path/to/that/file`,
    row.exit,
  );
}
