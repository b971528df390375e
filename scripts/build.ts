// Bundles the command line, the worker and every function into dist/, which is all that a package or an image needs.
import { cpSync, existsSync, globSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { build } from 'esbuild';

import { repositoryRoot } from './repository-root.ts';

const dist = join(repositoryRoot, 'dist');

interface Bundle {
  readonly source: string;
  /** The path in dist without its ending. */
  readonly target: string;
}

const bundles: readonly Bundle[] = [
  { source: 'cli/main.ts', target: 'cli' },
  { source: 'lib/app/worker-main.ts', target: 'worker' },
  ...filesLike('functions/**/handler.ts').map((source) => ({ source, target: source.replace(/\.ts$/, '') })),
];
const dataFiles = filesLike('statemachines/*.asl.yaml', 'lib/**/*.wasm', 'lib/**/*.sql', 'lib/engines/*/Dockerfile');

const missing = bundles.filter(({ source }) => !existsSync(join(repositoryRoot, source)));
if (missing.length > 0) {
  const names = missing.map(({ source }) => source).join(', ');
  process.stderr.write(`unable to build: ${names} missing: a package without it would not start\n`);
  process.exitCode = 1;
} else {
  rmSync(dist, { recursive: true, force: true });
  await bundleAll();
  copyDataFiles();
  for (const { target } of bundles) {
    const kilobytes = Math.round(statSync(join(dist, `${target}.js`)).size / 1024);
    process.stdout.write(`dist/${target}.js  ${kilobytes} KB\n`);
  }
  process.stdout.write(`${bundles.length} bundles, ${dataFiles.length} data files\n`);
}

async function bundleAll(): Promise<void> {
  await build({
    absWorkingDir: repositoryRoot,
    entryPoints: bundles.map(({ source, target }) => ({ in: source, out: target })),
    outdir: dist,
    bundle: true,
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
  writeFileSync(join(dist, 'package.json'), '{ "type": "module" }\n');
}

/** Data keep their paths: a reader that walks up from its own file finds the same folder here as in the checkout. */
function copyDataFiles(): void {
  for (const file of dataFiles) {
    mkdirSync(dirname(join(dist, file)), { recursive: true });
    cpSync(join(repositoryRoot, file), join(dist, file));
  }
}

function filesLike(...globs: readonly string[]): string[] {
  return globSync(globs, { cwd: repositoryRoot }).sort();
}
