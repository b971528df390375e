// The API of the platform itself (coverage, stores, operations, policies, health) behind a gateway or our own server: every route of lib/app/http/routes/platform.ts.

import { boundFunction } from '../../../lib/app/http/bound-function.ts';
import { platformRoutes } from '../../../lib/app/http/routes/platform.ts';

export const handler = boundFunction(platformRoutes);
