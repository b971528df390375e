// Routes that the requirements name and that are not built: they answer CapabilityUnsupported, and the OpenAPI document says so.

import { HoldfastError } from '../../domain/errors.ts';
import { errorDocument } from './errors.ts';
import type { Route } from './route.ts';

interface UnsupportedShape extends Pick<
  Route,
  'method' | 'path' | 'operationId' | 'summary' | 'permission' | 'pathSchema'
> {
  /** What to use instead, a clause. */
  readonly instead: string;
}

export const unsupportedRoute = ({ instead, ...shape }: UnsupportedShape): Route => ({
  ...shape,
  state: 'unsupported',
  isIdempotencyKept: false,
  answers: { 501: errorDocument },
  handle: () =>
    Promise.reject(new HoldfastError('CapabilityUnsupported', `'${shape.operationId}' is not built yet: ${instead}`)),
});
