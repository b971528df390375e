// What a person gets who installs the packed tarball into an empty folder: every command, and a backup that comes back equal.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { packageFolder } from '../../scripts/package-program.ts';
import { repositoryRoot } from '../../scripts/repository-root.ts';
import { runProcess, runProcessOrThrow } from '../../scripts/run-process.ts';
import { processesOf, scratchFolder, scratchPlatform } from './scratch-platform.ts';

const INSTALL_SECONDS_MAX = 120;
const runtime = `node-${process.platform}-${process.arch}`;

let folder: string;
let files: readonly string[];
let installed: string;

beforeAll(async () => {
  folder = scratchFolder();
  const packed = await outside('npm', ['pack', '--json', '--pack-destination', folder], repositoryRoot);
  const [tarball] = JSON.parse(packed.slice(packed.indexOf('['))) as [{ filename: string; files: { path: string }[] }];
  files = tarball.files.map((file) => file.path);
  await install(path.join(folder, tarball.filename));
  installed = path.join(folder, 'node_modules', 'holdfast');
}, INSTALL_SECONDS_MAX * 1000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As from a person's own shell: neither npm's variables nor the checkout's programs are there. */
async function outside(program: string, programArguments: readonly string[], cwd: string): Promise<string> {
  const ours = Object.keys(process.env).filter((name) => /^(npm_|NODE_|HOLDFAST_|INIT_CWD)/i.test(name));
  const places = (process.env['PATH'] ?? '').split(path.delimiter).filter((place) => !place.startsWith(repositoryRoot));
  return await runProcessOrThrow(program, programArguments, {
    cwd,
    timeoutSeconds: INSTALL_SECONDS_MAX,
    env: { ...Object.fromEntries(ours.map((name) => [name, undefined])), PATH: places.join(path.delimiter) },
  });
}

/**
 * By npm; where npm cannot reach a registry, by hand, which gives the same: bundles carry their dependencies. That they do is tested by
 * taking everything else away.
 */
async function install(tarball: string): Promise<void> {
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const modules = path.join(folder, 'node_modules');
  const byNpm = [
    'install',
    tarball,
    '--omit=optional',
    '--prefer-offline',
    '--fetch-retries=0',
    '--no-audit',
    '--no-fund',
  ];
  await outside('npm', byNpm, folder).catch(async () => {
    mkdirSync(path.join(modules, 'holdfast'), { recursive: true });
    mkdirSync(path.join(modules, '.bin'), { recursive: true });
    await runProcessOrThrow('tar', ['-xzf', tarball, '--strip-components=1', '-C', path.join(modules, 'holdfast')]);
    symlinkSync('../holdfast/bin/holdfast.js', path.join(modules, '.bin', 'holdfast'));
  });
  for (const name of readdirSync(modules).filter((other) => !['holdfast', '.bin'].includes(other))) {
    rmSync(path.join(modules, name), { recursive: true });
  }
  // The optional package that brings Node.js 24 where the machine's own is older.
  symlinkSync(packageFolder(runtime), path.join(modules, runtime));
}

const npx = (...programArguments: readonly string[]): Promise<string> =>
  outside('npx', ['--no-install', 'holdfast', ...programArguments], folder);

describe('the packed tarball, installed into an empty folder', () => {
  it('what is in it - programs, machines and documents, no sources and no tests', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'bin/holdfast.js',
        'dist/cli.js',
        'dist/worker.js',
        'statemachines/backup.asl.yaml',
        'LICENSE',
      ]),
    );
    expect(files.filter((file) => /\.ts$|\.test\.|^test|\.holdfast|node_modules/.test(file))).toEqual([]);
  });

  it('npx holdfast --help - lists the commands, whatever Node.js the machine has', async () => {
    const help = await npx('--help');

    for (const command of ['init', 'up', 'status', 'backup', 'restore', 'verify', 'policy'])
      expect(help).toContain(command);
    expect((await npx('--version')).trim()).toBe(
      (JSON.parse(readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8')) as { version: string }).version,
    );
  });

  it('npx holdfast policy validate - takes a good file, and shows the line of a bad one', async () => {
    const good = path.join(folder, 'validated');
    mkdirSync(path.join(good, 'data'), { recursive: true });
    await npx(
      'init',
      '--non-interactive',
      '--dir',
      good,
      '--country',
      'RU',
      '--files',
      path.join(good, 'data'),
      '--second-location',
      path.join(good, 'second'),
    );
    const file = path.join(good, 'holdfast.yaml');
    const bad = path.join(good, 'bad.yaml');
    writeFileSync(bad, readFileSync(file, 'utf8').replace('engine: files', 'engine: flies'));

    expect(await npx('policy', 'validate', file)).toContain('valid');
    const refused = await npx('policy', 'validate', bad).catch((error: unknown) => String(error));
    expect(refused).toContain('exit code 2');
    expect(refused).toContain('engine: flies');
  });

  it('up, a backup and a restore - the restored tree equals the source, and nothing is left running', async () => {
    const source = path.join(folder, 'source');
    mkdirSync(path.join(source, 'deep', 'er'), { recursive: true });
    for (let i = 0; i < 40; i++)
      writeFileSync(path.join(source, i % 2 === 0 ? 'deep' : 'deep/er', `file-${i}`), `${i} `.repeat(i * 997));
    const restored = path.join(folder, 'restored');
    const platform = await scratchPlatform(path.join(folder, 'platform'), {
      paths: [source],
      program: path.join(installed, 'bin', 'holdfast.js'),
    });
    const running = await platform.start();
    try {
      const backup = await platform.run(['--json', 'backup', 'now', 'files', '--wait'], running.url);
      expect({ exitCode: backup.exitCode, said: backup.stderr }).toMatchObject({ exitCode: 0 });
      expect(JSON.parse(backup.stdout)).toMatchObject({ backups: [{ status: 'completed', copies: [{}, {}] }] });

      expect(processesOf(platform.folder).length).toBeGreaterThan(0);
      const restore = await platform.run(['--json', 'restore', 'run', 'files', '--to-dir', restored], running.url);
      expect({ exitCode: restore.exitCode, said: restore.stderr }).toMatchObject({ exitCode: 0 });
    } finally {
      await running.end('SIGTERM');
    }

    const comparison = await runProcess('diff', ['-r', '--no-dereference', source, restored]);
    expect(comparison).toMatchObject({ exitCode: 0, stdout: '' });
    expect(processesOf(platform.folder)).toEqual([]);
  });
});
