// Makes the function of one manager: powertools' Router finds the route, middy adds what every answer shares.
// The same function runs behind API Gateway (HTTP API, payload 2.0) and behind our own server.

import { Router } from '@aws-lambda-powertools/event-handler/http';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { HoldfastError } from '../../domain/errors.ts';
import type { Platform } from '../../ports/platform.ts';
import { answerRoute } from './answer-route.ts';
import type { HttpRequest } from './answer-route.ts';
import { errorAnswer, parameterFault } from './errors.ts';
import { languageOf } from './language.ts';
import { requestIdOf } from './request-id.ts';
import type { Answer, Route } from './route.ts';
import type { Services } from './services.ts';
import { SHARED_HEADERS } from './shared-headers.ts';

export type HttpEvent = APIGatewayProxyEventV2;
export type HttpResult = APIGatewayProxyStructuredResultV2;
export type HttpFunction = (event: HttpEvent, context: Context) => Promise<HttpResult>;

export interface HttpFunctionOptions {
  readonly services: Services;
  readonly platform: () => Platform | Promise<Platform>;
}

export function httpFunction(routes: readonly Route[], options: HttpFunctionOptions): HttpFunction {
  const router = routerOf(routes, options);
  const resolve = async (event: HttpEvent, context: Context): Promise<HttpResult> =>
    await router.resolve(event, context);
  const chain = middy(resolve)
    .after((request) => {
      // The Router answers an unknown method with an empty body.
      if ((request.response?.statusCode ?? 500) >= 400 && request.response?.body === '')
        request.response = refusalOf(request.event, unknownMethod());
      finish(request.response, request.event);
    })
    .onError((request) => {
      // Only what the Router could not even read comes here: a GET with a body, a host that is no host.
      request.response = refusalOf(request.event, parameterFault('request', 'the request is malformed'));
      finish(request.response, request.event);
    });
  return async (event, context) => await chain(withoutNulls(event), context);
}

/** Emulated gateways send null where API Gateway leaves a field out, and the Router takes such an event for a foreign one. */
const withoutNulls = (event: HttpEvent): HttpEvent =>
  Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null)) as unknown as HttpEvent;

const unknownMethod = (): HoldfastError => new HoldfastError('NotFound', 'no operation has this method');

function routerOf(routes: readonly Route[], { services, platform }: HttpFunctionOptions): Router {
  const router = new Router({ logger: SILENT });
  for (const route of routes) {
    router.route(
      async ({ event, req, params }) =>
        responseOf(await answerRoute(await platform(), services, route, requestOf(event as HttpEvent, req, params))),
      { method: route.method, path: patternOf(route.path) },
    );
  }
  router.notFound(async (error, { event }) =>
    responseOf(refusal(event as HttpEvent, new HoldfastError('NotFound', `no such operation: ${error.message}`))),
  );
  // The Router's own errors: a parameter that is empty or badly encoded.
  router.errorHandler(Error, async (_error, { event }) =>
    responseOf(refusal(event as HttpEvent, parameterFault('path', 'the path is not well-formed'))),
  );
  return router;
}

/** What the Router would print is either ours to log or harmless. */
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** `{name}` in the Router's spelling; a rest parameter needs an expression, because the Router's own stop at a slash. */
export function patternOf(path: string): `/${string}` | RegExp {
  const rest = /\{(\w+)\+\}$/.exec(path);
  if (rest === null) return path.replaceAll(/\{(\w+)\}/g, ':$1') as `/${string}`;
  return new RegExp(`${path.slice(0, rest.index)}(?<${rest[1] ?? ''}>.+)`);
}

const requestOf = (event: HttpEvent, request: Request, params: Readonly<Record<string, string>>): HttpRequest => ({
  params,
  path: new URL(request.url).pathname,
  query: new URL(request.url).searchParams,
  contentType: request.headers.get('content-type') ?? undefined,
  body:
    event.body === undefined || !event.isBase64Encoded
      ? event.body
      : Buffer.from(event.body, 'base64').toString('utf8'),
  requestId: requestIdOf(event),
  header: (name) => request.headers.get(name) ?? undefined,
});

function refusal(event: HttpEvent, error: unknown): Answer {
  return errorAnswer(error, languageOf(event.headers['accept-language']), requestIdOf(event));
}

/** Responses are made by hand, because the Router takes any object with a `statusCode` field for a response. */
const responseOf = ({ status, body, headers }: Answer): Response =>
  new Response(body === undefined ? null : JSON.stringify(body), {
    status,
    headers: { ...(body !== undefined && { 'content-type': 'application/json; charset=utf-8' }), ...headers },
  });

const refusalOf = (event: HttpEvent, error: unknown): HttpResult => {
  const { status, body, headers } = refusal(event, error);
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body ?? {}),
  };
};

function finish(response: HttpResult | null | undefined, event: HttpEvent): void {
  if (response === null || response === undefined) return;
  response.headers = { ...response.headers, ...SHARED_HEADERS, 'x-request-id': requestIdOf(event) };
}
