// Bundles the command line, the worker and every function into dist/, which is all that a package or an image needs.
import { existsSync, globSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { build } from 'esbuild';

import { repositoryRoot } from './repository-root.ts';

const dist = join(repositoryRoot, 'dist');
/** Bundled beside dist and put in its place when whole: a failed build leaves nothing that could be packed. */
const draft = join(repositoryRoot, '.esbuild');

interface Bundle {
  readonly source: string;
  /** The path in dist without its ending. */
  readonly target: string;
}

const bundles: readonly Bundle[] = [
  { source: 'cli/main.ts', target: 'cli' },
  { source: 'lib/app/worker-main.ts', target: 'worker' },
  ...globSync('functions/**/handler.ts', { cwd: repositoryRoot })
    .sort()
    .map((source) => ({ source, target: source.replace(/\.ts$/, '') })),
];

const missing = bundles.filter(({ source }) => !existsSync(join(repositoryRoot, source)));
if (missing.length > 0) {
  const names = missing.map(({ source }) => source).join(', ');
  process.stderr.write(`unable to build: ${names} missing: a package without it would not start\n`);
  process.exitCode = 1;
} else {
  for (const folder of [dist, draft]) rmSync(folder, { recursive: true, force: true });
  await bundleAll();
  renameSync(draft, dist);
  const files = globSync('**/*.js', { cwd: dist });
  const kilobytes = Math.round(files.reduce((sum, file) => sum + statSync(join(dist, file)).size, 0) / 1024);
  process.stdout.write(`dist: ${bundles.length} bundles in ${files.length} files, ${kilobytes} KB\n`);
}

async function bundleAll(): Promise<void> {
  await build({
    absWorkingDir: repositoryRoot,
    entryPoints: bundles.map(({ source, target }) => ({ in: source, out: target })),
    outdir: draft,
    bundle: true,
    // One copy of every module, whatever entry it is reached by: the platform that the command line binds is the one that
    // the functions find, and an error thrown in one bundle is known in another.
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Names of error classes are what state machines match on.
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
    // The driver looks for its native twin and goes on without it.
    external: ['pg-native'],
    // Packages in CommonJS form call require at run time, which an ES module does not have.
    banner: {
      js: "import { createRequire as createBundleRequire } from 'node:module'; const require = createBundleRequire(import.meta.url);",
    },
  });
  // A function's folder is unpacked alone, without the package.json that says what ".js" means.
  writeFileSync(join(draft, 'package.json'), '{ "type": "module" }\n');
}
