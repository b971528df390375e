// Where this installation keeps its machines and functions: beside the sources in a checkout, in dist/ in a package.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Machine } from '../flows/machine.ts';
import { parseMachine } from '../flows/parse-machine.ts';

const MACHINE_SUFFIX = '.asl.yaml';

/** True when we run as bundles of a package instead of sources. */
export const isBundle = !import.meta.url.endsWith('.ts');

export const projectRoot: string = findRoot(path.dirname(fileURLToPath(import.meta.url)));

const codeRoot = isBundle ? path.join(projectRoot, 'dist') : projectRoot;

/** The module of a function such as `backup/begin-backup`. */
export const functionModule = (name: string): string =>
  pathToFileURL(path.join(codeRoot, 'functions', ...name.split('/'), isBundle ? 'handler.js' : 'handler.ts')).href;

export const workerModule: string = isBundle
  ? path.join(codeRoot, 'worker.js')
  : path.join(projectRoot, 'lib', 'app', 'worker-main.ts');

/** Every machine of statemachines/. @throws InvalidConfiguration naming the machine and the place */
export function loadMachines(): ReadonlyMap<string, Machine> {
  const directory = path.join(projectRoot, 'statemachines');
  const names = readdirSync(directory)
    .filter((name) => name.endsWith(MACHINE_SUFFIX))
    .map((name) => name.slice(0, -MACHINE_SUFFIX.length));
  return new Map(
    names.map((name) => [name, parseMachine(readFileSync(path.join(directory, name + MACHINE_SUFFIX), 'utf8'), name)]),
  );
}

/** The version that records and repositories name. */
export const holdfastVersion: string = (
  JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { version: string }
).version;

/** Walks up to the folder that holds the machines: a bundle may lie any number of folders below it. */
function findRoot(start: string): string {
  let directory = start;
  while (!existsSync(path.join(directory, 'statemachines')) || !existsSync(path.join(directory, 'bin'))) {
    const parent = path.dirname(directory);
    if (parent === directory) throw new Error(`no Holdfast installation above '${start}'`);
    directory = parent;
  }
  return directory;
}
