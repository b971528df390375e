// The text of a configuration file with the positions of its nodes, so that every problem can name line and column.

import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, Node } from 'yaml';

import { maskSecrets } from './secret-pattern.ts';
import type { Problem } from './problem.ts';

export type Path = readonly (string | number)[];

export interface Position {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

export interface SourceText {
  readonly file: string;
  readonly document: Document.Parsed;
  /** Of the value at `path`, or of the nearest parent that exists. */
  positionOf(path: Path): Position;
  /** Of the last key of `path`; of the value for list items. */
  positionOfKey(path: Path): Position;
  problem(
    what: Pick<Problem, 'name' | 'message'> & Partial<Pick<Problem, 'severity' | 'cure'>>,
    path: Path,
    position?: Position,
  ): Problem;
  readonly syntaxProblems: readonly Problem[];
}

/** Aliases are expanded at most this often: a few lines of YAML must not become gigabytes. */
export const ALIASES_MAX = 100;

export function readSourceText(text: string, file: string): SourceText {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    lineCounter: lines,
    prettyErrors: false,
    merge: false,
    uniqueKeys: true,
    stringKeys: true,
    // What would be a warning of the process is a problem with its line here.
    logLevel: 'error',
  });
  const sourceLines = text.split(/\r?\n/);

  const positionAt = (offset: number, end: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col), length: Math.max(1, end - offset) };
  };
  const positionOf = (path: Path): Position => {
    const range = nearestNode(document, path)?.range;
    return range === undefined || range === null ? { line: 1, column: 1, length: 1 } : positionAt(range[0], range[1]);
  };
  const positionOfKey = (path: Path): Position => {
    const range = keyNode(document, path)?.range;
    return range === undefined || range === null ? positionOf(path) : positionAt(range[0], range[1]);
  };
  const problem: SourceText['problem'] = (what, path, position = positionOf(path)) => {
    const line = sourceLines[position.line - 1] ?? '';
    // A mask may be shorter than what it hides: the caret goes by what is shown.
    const excerptColumn = maskSecrets(line.slice(0, position.column - 1)).length + 1;
    return {
      severity: 'error',
      ...what,
      path: path.join('.'),
      file,
      ...position,
      excerpt: maskSecrets(line),
      excerptColumn,
    };
  };

  const syntaxProblems = [...document.errors, ...document.warnings].map((fault) =>
    problem(
      { name: 'InvalidConfiguration', message: `not valid YAML: ${lowerFirst(fault.message)}` },
      [],
      positionAt(fault.pos[0], fault.pos[1]),
    ),
  );
  return { file, document, positionOf, positionOfKey, problem, syntaxProblems };
}

function nearestNode(document: Document.Parsed, path: Path): Node | undefined {
  let node: unknown = document.contents;
  for (const step of path) {
    const next: unknown = isMap(node) || isSeq(node) ? node.get(step, true) : undefined;
    if (next === undefined || next === null) break;
    node = next;
  }
  return (node as Node | null) ?? undefined;
}

function keyNode(document: Document.Parsed, path: Path): Node | undefined {
  const parent = document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(last));
  return pair?.key as Node | undefined;
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, '');
