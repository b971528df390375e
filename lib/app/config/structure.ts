// First pass over a configuration: its structure. Every departure from the schema becomes a problem with its place and cure.

import type { z } from 'zod';

import { nearestName } from './nearest-name.ts';
import type { Problem } from './problem.ts';
import { configurationSchema } from './schema.ts';
import type { ConfigurationFile } from './schema.ts';
import type { Path, SourceText } from './source-text.ts';

type Issue = z.core.$ZodIssue;

/** Words that people bring from other tools, and our key for each. */
const SYNONYMS: Readonly<Record<string, string>> = {
  retention: 'keep',
  retain: 'keep',
  schedule: 'full',
  cron: 'full',
  level: 'class',
  tier: 'class',
  serviceLevel: 'class',
  dataType: 'data',
  replicas: 'copies',
  destinations: 'copies',
  type: 'engine',
  credentials: 'credentialRef',
  immutable: 'lock',
  zone: 'timezone',
  databases: 'stores',
};

/** Rounds of "take the broken part out and look again"; each round removes at least one part. */
const ROUNDS_MAX = 200;

export interface StructureResult {
  readonly problems: readonly Problem[];
  /** What is left without the broken parts, so that the second pass can look at the rest; undefined when nothing is. */
  readonly sound: ConfigurationFile | undefined;
}

export function checkStructure(raw: unknown, source: SourceText): StructureResult {
  const first = configurationSchema.safeParse(raw);
  if (first.success) return { problems: [], sound: first.data };
  const problems = first.error.issues.flatMap((issue) => problemsOf(issue, [], source));
  return { problems, sound: withoutBrokenParts(raw) };
}

function problemsOf(issue: Issue, prefix: Path, source: SourceText): Problem[] {
  const path = [...prefix, ...(issue.path as Path)];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, source));
  if (issue.code === 'invalid_union') return unionProblems(issue, path, source);
  if (issue.code === 'invalid_key') {
    const message = `name "${String(path.at(-1))}" is not allowed`;
    const cure = 'use lower-case letters, digits and hyphens, beginning with a letter';
    return [source.problem({ name: 'InvalidConfiguration', message, cure }, path, source.positionOfKey(path))];
  }
  if (isMissing(issue, path, source)) {
    const parent = path.slice(0, -1);
    const message = `"${String(path.at(-1))}" is missing`;
    return [source.problem({ name: 'InvalidConfiguration', message }, path, source.positionOfKey(parent))];
  }
  return [source.problem({ name: 'InvalidConfiguration', message: messageOf(issue) }, path)];
}

function unknownKey(path: Path, key: string, source: SourceText): Problem {
  const allowed = keysAt(configurationSchema, path, source);
  const near = nearestName(key, [...allowed, ...Object.keys(SYNONYMS)]);
  const meant = near === undefined ? undefined : allowed.includes(near) ? near : SYNONYMS[near];
  const known = meant !== undefined && allowed.includes(meant) ? meant : undefined;
  const cure = known !== undefined ? `did you mean "${known}"?` : `known here: ${allowed.join(', ')}`;
  const full = [...path, key];
  return source.problem(
    { name: 'InvalidConfiguration', message: `unknown key "${key}"`, cure },
    full,
    source.positionOfKey(full),
  );
}

/** The branch that the writer was in is the one that fails deeper than at its root. */
function unionProblems(issue: Extract<Issue, { code: 'invalid_union' }>, path: Path, source: SourceText): Problem[] {
  const branch = issue.errors.find((issues) =>
    issues.some((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
  );
  if (branch !== undefined) return branch.flatMap((inner) => problemsOf(inner, path, source));
  return [
    source.problem(
      {
        name: 'InvalidConfiguration',
        message: issue.message === 'Invalid input' ? 'this form is not allowed here' : issue.message,
      },
      path,
    ),
  ];
}

function isMissing(issue: Issue, path: Path, source: SourceText): boolean {
  return path.length > 0 && issue.code !== 'custom' && source.document.getIn(path as unknown[]) === undefined;
}

function messageOf(issue: Issue): string {
  if (issue.code === 'invalid_value' && issue.message.startsWith('Invalid '))
    return `expected one of ${issue.values.map(String).join(', ')}`;
  return issue.message
    .replace(/^Invalid input: /, '')
    .replace(/^Invalid /, 'not a valid ')
    .replace(/^Too /, 'too ');
}

/** The keys that the schema knows at a path. */
function keysAt(schema: z.core.$ZodType, path: Path, source: SourceText): readonly string[] {
  let current: z.core.$ZodType | undefined = unwrap(schema);
  for (const [index, step] of path.entries()) {
    current = unwrap(stepInto(current, step, source, path.slice(0, index)));
  }
  return shapeKeys(pickOption(current, source, path));
}

function stepInto(
  schema: z.core.$ZodType | undefined,
  step: string | number,
  source: SourceText,
  at: Path,
): z.core.$ZodType | undefined {
  const def = (pickOption(schema, source, at) as z.core.$ZodTypes | undefined)?._zod.def;
  if (def?.type === 'object') return def.shape[String(step)];
  if (def?.type === 'record') return def.valueType;
  if (def?.type === 'array') return def.element;
  return undefined;
}

/** Of a union: the object branch; of the location kinds: the one that the file names. */
function pickOption(schema: z.core.$ZodType | undefined, source: SourceText, at: Path): z.core.$ZodType | undefined {
  const def = (schema as z.core.$ZodTypes | undefined)?._zod.def;
  if (def?.type !== 'union') return schema;
  const objects = def.options.map((option) => unwrap(option)).filter((option) => shapeKeys(option).length > 0);
  const kind = source.document.getIn([...at, 'kind']);
  return objects.find((option) => literalOf(option, 'kind') === kind) ?? objects[0];
}

function literalOf(schema: z.core.$ZodType | undefined, key: string): unknown {
  const def = (schema as z.core.$ZodTypes | undefined)?._zod.def;
  const field = def?.type === 'object' ? (def.shape[key] as z.core.$ZodTypes | undefined)?._zod.def : undefined;
  return field?.type === 'literal' ? field.values[0] : undefined;
}

function shapeKeys(schema: z.core.$ZodType | undefined): readonly string[] {
  const def = (schema as z.core.$ZodTypes | undefined)?._zod.def;
  return def?.type === 'object' ? Object.keys(def.shape) : [];
}

function unwrap(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  const def = (schema as z.core.$ZodTypes | undefined)?._zod.def;
  return def?.type === 'optional' ? unwrap(def.innerType) : schema;
}

/** Takes the broken parts out until the rest parses, so that references in the sound rest are checked in the same run. */
function withoutBrokenParts(raw: unknown): ConfigurationFile | undefined {
  const rest: unknown = structuredClone(raw);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const parsed = configurationSchema.safeParse(rest);
    if (parsed.success) return parsed.data;
    // One at a time: removing an item of a list moves the ones behind it.
    if (!removeBrokenPart(rest, parsed.error.issues[0]!)) return undefined;
  }
  return undefined;
}

function removeBrokenPart(rest: unknown, issue: Issue): boolean {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => removeAt(rest, [...path, key])).every(Boolean);
  return removeAt(rest, path);
}

/** Removes the part at a path; what is missing takes its parent with it. False when that would be everything. */
function removeAt(rest: unknown, path: Path): boolean {
  if (path.length === 0) return false;
  const parent = path.slice(0, -1).reduce<unknown>((value, step) => (isHolder(value) ? value[step] : undefined), rest);
  const last = path.at(-1)!;
  if (!isHolder(parent)) return true;
  if (!(last in parent)) return removeAt(rest, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
  return true;
}

const isHolder = (value: unknown): value is Record<string | number, unknown> =>
  typeof value === 'object' && value !== null;
