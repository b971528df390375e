// Tests that requests are parsed strictly: every fault at once, at its place, and nothing that could poison an object.

import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { RequestFaults } from './errors.ts';
import { parseRequest } from './parse-request.ts';
import type { RawRequest } from './parse-request.ts';
import { ok, route } from './route.ts';

const aRoute = route({
  method: 'POST',
  path: '/x/{id}',
  operationId: 'x',
  summary: 'x',
  permission: 'view_backups',
  pathSchema: z.strictObject({ id: z.string().regex(/^\d+$/) }),
  querySchema: z.strictObject({ limit: z.coerce.number().int().max(10).default(5) }),
  bodySchema: z.strictObject({ name: z.string(), list: z.array(z.number()).optional() }),
  answers: {},
  handle: () => Promise.resolve(ok({})),
});

const raw = (changes: Partial<RawRequest> = {}): RawRequest => ({
  params: { id: '1' },
  query: new URLSearchParams(),
  contentType: 'application/json',
  body: '{"name":"a"}',
  ...changes,
});

function faultsOf(request: RawRequest): readonly { readonly detail: string; readonly source: object }[] {
  try {
    parseRequest(aRoute, request);
  } catch (error) {
    if (error instanceof RequestFaults) return error.faults;
    throw error;
  }
  return [];
}

describe('parseRequest', () => {
  test('a sound request - parsed with defaults', () => {
    expect(parseRequest(aRoute, raw())).toEqual({ path: { id: '1' }, query: { limit: 5 }, body: { name: 'a' } });
  });

  test('faults in path, query and body - all told at once, each at its place', () => {
    const faults = faultsOf(
      raw({ params: { id: 'x' }, query: new URLSearchParams('limit=99&more=1'), body: '{"nam":1,"list":[1,"b"]}' }),
    );

    expect(faults.map((fault) => fault.source)).toEqual(
      expect.arrayContaining([
        { parameter: 'id' },
        { parameter: 'limit' },
        { parameter: 'more' },
        { pointer: '/nam' },
        { pointer: '/name' },
        { pointer: '/list/1' },
      ]),
    );
  });

  test('a parameter given twice - refused, because readers disagree which one counts', () => {
    expect(faultsOf(raw({ query: new URLSearchParams('limit=1&limit=2') }))).toContainEqual({
      detail: "parameter 'limit' is given 2 times",
      source: { parameter: 'limit' },
    });
  });

  test.each([
    '{"__proto__":{"isAdmin":true},"name":"a"}',
    '{"name":"a","constructor":{}}',
    '{"name":"a","list":[{"prototype":1}]}',
  ])('a poisonous key in %s - refused, and no object is changed', (body) => {
    expect(faultsOf(raw({ body })).length).toBeGreaterThan(0);
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
  });

  test.each(['{', 'name=a', '"text"', '[1]', 'null'])('a body that is %s - refused', (body) => {
    expect(faultsOf(raw({ body })).length).toBeGreaterThan(0);
  });

  test('another content type - refused at the header', () => {
    expect(faultsOf(raw({ contentType: 'application/x-www-form-urlencoded' }))).toContainEqual(
      expect.objectContaining({ source: { parameter: 'content-type' } }),
    );
  });

  test('a body above the limit - PayloadTooLarge, counted in bytes', () => {
    const body = JSON.stringify({ name: 'я'.repeat(LIMITS.requestBytesMax / 2) });

    expect(() => parseRequest(aRoute, raw({ body }))).toThrow(expect.objectContaining({ name: 'PayloadTooLarge' }));
  });
});
