// Unpacks Debian packages of any suite into a folder of their own, so that programs of several versions stand side by side
// without installing anything: no root rights, no services started, no change to the machine.
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import { runProcess, runProcessOrThrow } from '../../scripts/run-process.ts';
import { publishFolder } from './cache-folders.ts';

const archiveKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const aptSecondsMax = 300;

export interface DebianRoot {
  /** The folder that it is unpacked to; programs know it by this absolute path. */
  readonly place: string;
  /** Suites that may have the package, tried in this order. */
  readonly suites: readonly string[];
  /** Packages; everything they depend on comes along, down to the C library. */
  readonly packages: readonly string[];
  /** The folder in the root whose programs get wrappers. */
  readonly programFolder: string;
}

/** The unpacked root, or undefined when it was not provided yet. Never downloads. */
export function findDebianRoot(root: DebianRoot): string | undefined {
  return existsSync(root.place) ? root.place : undefined;
}

/** Downloads and unpacks the root when it is not there yet. Running twice, also at once, is harmless. */
export async function provideDebianRoot(root: DebianRoot): Promise<string> {
  if (existsSync(root.place)) {
    return root.place;
  }
  const refusals: string[] = [];
  for (const suite of root.suites) {
    const desk = mkdtempSync(join(dirname(root.place), 'debian-'));
    try {
      await download(root, suite, desk);
      await unpack(root, desk);
      return root.place;
    } catch (error) {
      refusals.push(`suite ${suite}: ${reasonOf(error)}`);
    } finally {
      rmSync(desk, { recursive: true, force: true });
    }
  }
  throw new Error(`unable to fetch ${root.packages.join(', ')} from Debian: ${refusals.join('; ')}`);
}

/** Apt says a lot; its lines of error are enough to see whether the network, the suite or the package is missing. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n').find((line) => line.startsWith('E: ')) ?? message;
}

/** Lets apt resolve and fetch with private lists and an empty status, so that the machine's packages play no part. */
async function download(root: DebianRoot, suite: string, desk: string): Promise<void> {
  mkdirSync(join(desk, 'lists/partial'), { recursive: true });
  mkdirSync(join(desk, 'archives/partial'), { recursive: true });
  writeFileSync(join(desk, 'status'), '');
  const signedBy = existsSync(archiveKeyring) ? `[signed-by=${archiveKeyring}] ` : '';
  writeFileSync(join(desk, 'sources.list'), `deb ${signedBy}${await debianMirror()} ${suite} main\n`);
  const settings = [
    `Dir::State::lists=${desk}/lists`,
    `Dir::State::status=${desk}/status`,
    `Dir::Cache=${desk}`,
    `Dir::Cache::archives=${desk}/archives`,
    `Dir::Etc::sourcelist=${desk}/sources.list`,
    'Dir::Etc::sourceparts=/dev/null',
    'Debug::NoLocking=true',
    'APT::Sandbox::User=root',
    'APT::Install-Recommends=false',
    'Acquire::Languages=none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
    'Acquire::Retries=1',
    'Acquire::http::Timeout=20',
  ].flatMap((setting) => ['-o', setting]);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, timeoutSeconds: aptSecondsMax };
  await runProcessOrThrow('apt-get', [...settings, '--error-on=any', 'update'], options);
  await runProcessOrThrow('apt-get', [...settings, 'install', '--download-only', '--yes', ...root.packages], options);
}

/** The main archive that this machine is set up for; mirrors carry all suites. */
async function debianMirror(): Promise<string> {
  const format = ['indextargets', '--format', '$(SITE)', 'Created-By: Packages'];
  const result = await runProcess('apt-get', format, { timeoutSeconds: 60 }).catch(() => undefined);
  const sites = (result?.stdout ?? '').split('\n').filter((site) => /debian/i.test(site) && !/security/i.test(site));
  if (sites[0] === undefined) {
    throw new Error(
      'no Debian mirror is configured: the machine has no apt, or no source with "debian" in its address',
    );
  }
  return sites[0];
}

async function unpack(root: DebianRoot, desk: string): Promise<void> {
  const prepared = join(desk, 'root');
  const archives = readdirSync(join(desk, 'archives')).filter((name) => name.endsWith('.deb'));
  for (const archive of archives.sort()) {
    await runProcessOrThrow('dpkg-deb', ['--extract', join(desk, 'archives', archive), prepared]);
  }
  writeFileSync(join(prepared, 'packages.txt'), `${archives.join('\n')}\n`);
  wrapPrograms(prepared, root);
  publishFolder(prepared, root.place);
}

/**
 * Puts a small script in the place of every program, which starts the program with the loader and libraries of its own
 * root. The programs find their siblings and data by the path that they were called by, so that path is handed on.
 */
function wrapPrograms(prepared: string, { place, programFolder }: DebianRoot): void {
  const loader = globSync('{usr/,}lib/*-linux-gnu/ld-linux-*.so.*', { cwd: prepared })[0];
  if (loader === undefined) {
    throw new Error(`no loader in '${prepared}': the C library did not come along`);
  }
  const libraries = [...new Set(globSync('{usr/,}lib/*-linux-gnu', { cwd: prepared }))].map((folder) =>
    join(place, folder),
  );
  const originals = `${programFolder}.original`;
  renameSync(join(prepared, programFolder), join(prepared, originals));
  mkdirSync(join(prepared, programFolder));
  for (const program of readdirSync(join(prepared, originals))) {
    const options = `--inhibit-cache --library-path "${libraries.join(':')}" --argv0 "$0"`;
    const script = `#!/bin/sh\nexec "${join(place, loader)}" ${options} "${join(place, originals, program)}" "$@"\n`;
    writeFileSync(join(prepared, programFolder, program), script);
    chmodSync(join(prepared, programFolder, program), 0o755);
  }
}
