// Parses path, query, headers and body of a request strictly: unknown fields are errors, and all faults are told at once.

import type { z } from 'zod';
import { HoldfastError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { RequestFaults } from './errors.ts';
import type { Fault } from './errors.ts';
import type { Route } from './route.ts';

export interface RawRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly contentType: string | undefined;
  readonly body: string | undefined;
}

export interface ParsedRequest {
  readonly path: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** @throws RequestFaults, HoldfastError PayloadTooLarge */
export function parseRequest(route: Route, raw: RawRequest): ParsedRequest {
  const faults: Fault[] = [];
  const parsed = {
    path: check(route.pathSchema, raw.params, 'parameter', faults),
    query: queryOf(route.querySchema, raw.query, faults),
    body: bodyOf(route.bodySchema, raw, faults),
  };
  if (faults.length > 0) throw new RequestFaults(faults);
  return parsed;
}

function queryOf(schema: z.ZodType | undefined, query: URLSearchParams, faults: Fault[]): unknown {
  const values: Record<string, string> = {};
  for (const name of new Set(query.keys())) {
    const given = query.getAll(name);
    if (given.length > 1)
      faults.push({ detail: `parameter '${name}' is given ${given.length} times`, source: { parameter: name } });
    // A plain assignment of "__proto__" would set the prototype.
    Object.defineProperty(values, name, { value: given[0], enumerable: true });
  }
  if (schema === undefined) {
    for (const name of Object.keys(values))
      faults.push({ detail: `parameter '${name}' is not known`, source: { parameter: name } });
    return {};
  }
  return check(schema, values, 'parameter', faults);
}

function bodyOf(schema: z.ZodType | undefined, raw: RawRequest, faults: Fault[]): unknown {
  const text = raw.body ?? '';
  if (Buffer.byteLength(text) > LIMITS.requestBytesMax) {
    throw new HoldfastError('PayloadTooLarge', `unable to take a body above ${LIMITS.requestBytesMax} bytes`);
  }
  if (text.trim() === '') return schema === undefined ? undefined : check(schema, {}, 'pointer', faults);
  if (schema === undefined) {
    // An empty object is what generic clients send when there is nothing to say.
    if (text.trim() !== '{}') faults.push({ detail: 'this operation takes no body', source: { pointer: '' } });
    return undefined;
  }
  if (raw.contentType !== undefined && !/^application\/json\b/i.test(raw.contentType)) {
    faults.push({ detail: 'the body must be application/json', source: { parameter: 'content-type' } });
    return undefined;
  }
  const value = parseJson(text, faults);
  return value === undefined ? undefined : check(schema, value, 'pointer', faults);
}

const POISONOUS_KEYS: readonly string[] = ['__proto__', 'constructor', 'prototype'];

function parseJson(text: string, faults: Fault[]): unknown {
  try {
    return JSON.parse(text, (key, value: unknown) => {
      if (POISONOUS_KEYS.includes(key))
        faults.push({ detail: `field '${key}' is not allowed`, source: { pointer: `/${key}` } });
      return value;
    }) as unknown;
  } catch {
    faults.push({ detail: 'the body is not JSON', source: { pointer: '' } });
    return undefined;
  }
}

function check(schema: z.ZodType | undefined, value: unknown, kind: 'parameter' | 'pointer', faults: Fault[]): unknown {
  if (schema === undefined) return {};
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  faults.push(...result.error.issues.flatMap((issue) => faultsOf(issue, kind)));
  return undefined;
}

/** Unknown keys are reported at their parent: each one gets its own place. */
function faultsOf(issue: z.core.$ZodIssue, kind: 'parameter' | 'pointer'): readonly Fault[] {
  const at = (path: readonly PropertyKey[]): Fault['source'] =>
    kind === 'parameter' ? { parameter: String(path[0] ?? '') } : { pointer: pointerTo(path) };
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ detail: `field '${key}' is not known`, source: at([...issue.path, key]) }));
  }
  if (issue.code === 'invalid_union') {
    const nearest = issue.errors.toSorted((left, right) => left.length - right.length)[0] ?? [];
    if (nearest.length > 0) {
      return nearest.flatMap((inner) => faultsOf({ ...inner, path: [...issue.path, ...inner.path] }, kind));
    }
  }
  return [{ detail: lowerFirst(issue.message), source: at(issue.path) }];
}

const pointerTo = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
