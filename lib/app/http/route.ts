// What a route is: one declaration from which the router, the OpenAPI document and the access test are made.

import type { z } from 'zod';
import type { Permission, Principal } from '../../access/permissions.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Platform } from '../../ports/platform.ts';
import type { Language } from './language.ts';
import type { Services } from './services.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Only what lets a machine see that we live may be public; a test holds the list. */
export type RoutePermission = Permission | 'public';

export interface Call<P = unknown, Q = unknown, B = unknown> {
  readonly platform: Platform;
  readonly services: Services;
  readonly principal: Principal;
  readonly language: Language;
  readonly requestId: string;
  readonly idempotencyKey: string | undefined;
  readonly path: P;
  readonly query: Q;
  readonly body: B;
}

export interface Answer {
  readonly status: number;
  readonly body?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: Method;
  /** `{name}` matches one segment, `{name+}` the rest of the path. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly permission: RoutePermission;
  /** `unsupported`: declared by the requirements, answers CapabilityUnsupported. */
  readonly state: 'built' | 'unsupported';
  readonly pathSchema?: z.ZodType;
  readonly querySchema?: z.ZodType;
  readonly bodySchema?: z.ZodType;
  readonly answers: Readonly<Record<number, z.ZodType>>;
  /** False for a POST that only computes: there is nothing to repeat. */
  readonly isIdempotencyKept: boolean;
  handle(call: Call): Promise<Answer>;
}

interface RouteShape<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> extends Pick<
  Route,
  'method' | 'path' | 'operationId' | 'summary' | 'permission' | 'answers'
> {
  readonly pathSchema?: P;
  readonly querySchema?: Q;
  readonly bodySchema?: B;
  readonly isIdempotencyKept?: boolean;
  handle(call: Call<z.output<P>, z.output<Q>, z.output<B>>): Promise<Answer>;
}

/** Ties the types of the schemas to the handler; the router has parsed before it calls. */
export function route<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  shape: RouteShape<P, Q, B>,
): Route {
  return {
    state: 'built',
    isIdempotencyKept: shape.method === 'POST',
    ...shape,
    handle: (call) => shape.handle(call as Call<z.output<P>, z.output<Q>, z.output<B>>),
  };
}

export const ok = (body: object): Answer => ({ status: 200, body: body as JsonObject });
export const created = (body: object): Answer => ({ status: 201, body: body as JsonObject });
export const done = (): Answer => ({ status: 204 });

/** Who asks, and under which key; the key is made the caller's own, so that two callers cannot meet in one. */
export const asked = ({ principal, idempotencyKey }: Pick<Call, 'principal' | 'idempotencyKey'>) => ({
  requestedBy: principal.id,
  ...(idempotencyKey !== undefined && { idempotencyKey: `${principal.id}/${idempotencyKey}` }),
});
