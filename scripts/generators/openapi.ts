// The OpenAPI 3.1 document of the API, made from the route table that the router itself is made from.
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { createDocument } from 'zod-openapi';
import type { ZodOpenApiOperationObject, ZodOpenApiParameters, ZodOpenApiPathItemObject } from 'zod-openapi';

import { routesByManager } from '../../lib/app/http/all-routes.ts';
import { errorDocument } from '../../lib/app/http/errors.ts';
import { MANAGERS } from '../../lib/app/http/managers.ts';
import type { Route } from '../../lib/app/http/route.ts';
import { holdfastVersion } from '../../lib/app/project-files.ts';
import type { GeneratedDocument } from '../generated-documents.ts';

const DESCRIPTION = [
  'Backups that were read back, restores that were proven.',
  '',
  'Errors come in one form; `code` is the contract, `title` is in the language of `Accept-Language` (en, ru).',
  'Every POST takes an `Idempotency-Key`: the same key and request give the same answer, another request gives 409.',
  'Long work answers 202 with `Location`; ask there until `status` is `succeeded`, `failed` or `stopped`.',
  'An operation with `x-holdfast-state: unsupported` is named by the requirements and answers 501 `CAPABILITY_UNSUPPORTED`.',
].join('\n');

const TAGS: Readonly<Record<(typeof MANAGERS)[number], string>> = {
  backup: 'Schedules and backups',
  recovery: 'Plan, confirm, run, proof',
  validation: 'Integrity and test restores',
  compliance: 'Audit log, holds, residency',
  platform: 'Coverage, stores, operations, policies, health',
};

export function openApiDocument(): object {
  const paths: Record<string, ZodOpenApiPathItemObject> = {};
  for (const manager of MANAGERS) {
    for (const route of routesByManager[manager]) {
      const path = route.path.replaceAll('+}', '}');
      paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, manager) };
    }
  }
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Holdfast',
      version: holdfastVersion,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:7420', description: 'The embedded platform' }],
    tags: MANAGERS.map((name) => ({ name, description: TAGS[name] })),
    security: [{ token: [] }],
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token of the file that `holdfast init` wrote' },
      },
      responses: {
        Error: { description: 'What went wrong', content: { 'application/json': { schema: errorDocument } } },
      },
    },
    paths,
  });
}

function operationOf(route: Route, tag: string): ZodOpenApiOperationObject {
  const header = route.method === 'POST' && route.isIdempotencyKept ? IDEMPOTENCY_HEADER : undefined;
  const requestParams = {
    ...(route.pathSchema instanceof z.ZodObject && { path: route.pathSchema }),
    ...(route.querySchema instanceof z.ZodObject && { query: route.querySchema }),
    ...(header !== undefined && { header }),
  } as ZodOpenApiParameters;
  return {
    operationId: route.operationId,
    summary: route.summary,
    tags: [tag],
    'x-holdfast-state': route.state,
    'x-holdfast-permission': route.permission,
    ...(route.permission === 'public' && { security: [] }),
    ...(Object.keys(requestParams).length > 0 && { requestParams }),
    ...(route.bodySchema !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: route.bodySchema } } },
    }),
    responses: responsesOf(route),
  };
}

const IDEMPOTENCY_HEADER = z.object({
  'Idempotency-Key': z.string().min(1).max(255).optional().meta({ description: 'Makes a repeated request harmless' }),
});

function responsesOf(route: Route): ZodOpenApiOperationObject['responses'] {
  const answers = Object.entries(route.answers).map(([status, schema]) => [
    status,
    {
      description: STATUS_CODES[status] ?? 'Answer',
      ...(status === '202' && { headers: LOCATION_HEADER }),
      content: { 'application/json': { schema } },
    },
  ]);
  const empty = answers.length === 0 ? [['204', { description: 'No Content' }]] : [];
  return Object.fromEntries([
    ...answers,
    ...empty,
    ['default', { $ref: '#/components/responses/Error' }],
  ]) as ZodOpenApiOperationObject['responses'];
}

const LOCATION_HEADER = z.object({ Location: z.string().meta({ description: 'Path of the (first) operation' }) });

/** The same table for people: one line per operation. */
function apiReference(): string {
  const sections = MANAGERS.flatMap((manager) => [
    `## ${TAGS[manager]}`,
    '',
    '| operation | what it does | permission | state |',
    '|---|---|---|---|',
    ...routesByManager[manager].map(
      ({ method, path, summary, permission, state }) =>
        `| \`${method} ${path.replaceAll('+}', '}')}\` | ${summary} | ${permission} | ${state} |`,
    ),
    '',
  ]);
  return [
    '# HTTP API',
    '',
    '<!-- Generated by scripts/generators/openapi.ts: change the route, then run "npm run generate". -->',
    '',
    'The full document is [openapi.json](../openapi.json), served at `/openapi.json`.',
    ...DESCRIPTION.split('\n').slice(2),
    '',
    ...sections,
  ].join('\n');
}

export const documents: readonly GeneratedDocument[] = [
  { file: 'docs/openapi.json', render: () => `${JSON.stringify(openApiDocument(), null, 2)}\n` },
  { file: 'docs/reference/api.md', render: apiReference },
];
