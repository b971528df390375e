// Finds the JavaScript file behind a program of an installed package, so that it runs under this very Node.js.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { existsSync, readFileSync } from 'node:fs';

const require = createRequire(import.meta.url);

export function packageProgram(packageName: string, program: string = packageName): string {
  const folder = packageFolder(packageName);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { bin?: unknown };
  const bin = typeof manifest.bin === 'string' ? { [program]: manifest.bin } : (manifest.bin as Record<string, string>);
  const file = bin[program];
  if (file === undefined) {
    throw new Error(`package '${packageName}' has no program '${program}': compare its package.json`);
  }
  return join(folder, file);
}

/** Packages may hide their package.json from resolution, so the folder is looked up by path. */
export function packageFolder(packageName: string): string {
  const folders = require.resolve.paths(packageName) ?? [];
  const found = folders
    .map((folder) => join(folder, packageName))
    .find((folder) => existsSync(join(folder, 'package.json')));
  if (found === undefined) {
    throw new Error(`package '${packageName}' is not installed: run "npm ci" (optional packages included)`);
  }
  return found;
}
