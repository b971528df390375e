// The documents that are written by code, so that a table in the docs cannot differ from what the code does.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { repositoryRoot } from './repository-root.ts';

export interface GeneratedDocument {
  /** The path in the repository. */
  readonly file: string;
  /** The whole text of the file. It depends on nothing but the sources: no date, no machine, no order of a folder listing. */
  render(): string | Promise<string>;
}

/** Every module scripts/generators/<name>.ts exports `documents: readonly GeneratedDocument[]`. */
export async function generatedDocuments(): Promise<readonly GeneratedDocument[]> {
  const modules = globSync('scripts/generators/*.ts', { cwd: repositoryRoot, exclude: ['**/*.test.ts'] }).sort();
  const lists = await Promise.all(modules.map(async (module) => await documentsOf(module)));
  return lists.flat();
}

async function documentsOf(module: string): Promise<readonly GeneratedDocument[]> {
  const loaded = (await import(join(repositoryRoot, module))) as { documents?: readonly GeneratedDocument[] };
  if (loaded.documents === undefined) {
    throw new Error(`${module} has no export 'documents': export the list of documents that it generates`);
  }
  return loaded.documents;
}

export async function writeDocuments(documents: readonly GeneratedDocument[]): Promise<void> {
  for (const document of documents) {
    const path = join(repositoryRoot, document.file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await document.render());
  }
}

/** One line per document whose file differs, with the first line that differs as a hint. */
export async function staleDocuments(documents: readonly GeneratedDocument[]): Promise<readonly string[]> {
  const complaints: string[] = [];
  for (const document of documents) {
    const wanted = await document.render();
    const present = await readFile(join(repositoryRoot, document.file), 'utf8').catch(() => undefined);
    if (present !== wanted) {
      complaints.push(`${document.file}: ${firstDifference(present, wanted)}; run "npm run generate"`);
    }
  }
  return complaints;
}

export function firstDifference(present: string | undefined, wanted: string): string {
  if (present === undefined) {
    return 'the file is missing';
  }
  const presentLines = present.split('\n');
  const wantedLines = wanted.split('\n');
  const index = wantedLines.findIndex((line, at) => line !== presentLines[at]);
  const at = index === -1 ? wantedLines.length : index;
  return `line ${at + 1} is ${quoted(presentLines[at])}, generated is ${quoted(wantedLines[at])}`;
}

function quoted(line: string | undefined): string {
  return line === undefined ? 'missing' : `'${line}'`;
}
