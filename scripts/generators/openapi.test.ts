// Tests that the OpenAPI document says everything a client needs, per operation.
import { describe, expect, test } from '@jest/globals';

import { routesByManager } from '../../lib/app/http/all-routes.ts';
import { documents } from './openapi.ts';

const document: any = JSON.parse(await documents[0]!.render());
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods as Record<string, any>).map(([method, operation]) => ({ path, method, operation })),
);

describe('the OpenAPI document', () => {
  test('version 3.1, every route once', () => {
    expect(document.openapi).toBe('3.1.1');
    expect(operations).toHaveLength(Object.values(routesByManager).flat().length);
  });

  test.each(operations)('$method $path - state, permission, answers and the error form', ({ operation }) => {
    expect(['built', 'unsupported']).toContain(operation['x-holdfast-state']);
    expect(operation['x-holdfast-permission']).toEqual(expect.any(String));
    expect(operation.responses.default).toEqual({ $ref: '#/components/responses/Error' });
    if (operation['x-holdfast-state'] === 'unsupported') expect(Object.keys(operation.responses)).toContain('501');
  });

  test.each(operations.filter(({ path }) => path.includes('{')))(
    '$method $path - every parameter of the path is described',
    ({ path, operation }) => {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const described = (operation.parameters ?? [])
        .filter((parameter: any) => parameter.in === 'path')
        .map((parameter: any) => parameter.name);

      expect(described).toEqual(wanted);
    },
  );

  test('public operations - say that they need no token', () => {
    for (const { operation } of operations.filter((one) => one.operation['x-holdfast-permission'] === 'public'))
      expect(operation.security).toEqual([]);
    expect(document.security).toEqual([{ token: [] }]);
  });

  test('no field of a request - takes unknown names', () => {
    for (const { operation } of operations) {
      const schema = operation.requestBody?.content['application/json'].schema;
      if (schema !== undefined) expect(schema.additionalProperties).toBe(false);
    }
  });
});
