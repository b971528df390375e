// A manager's function as it is deployed: bound to the real slices and to the platform of this process.

import { currentPlatform } from '../current-platform.ts';
import { boundServices } from './bound-services.ts';
import { httpFunction } from './http-function.ts';
import type { HttpFunction } from './http-function.ts';
import type { Route } from './route.ts';

export const boundFunction = (routes: readonly Route[]): HttpFunction =>
  httpFunction(routes, { services: boundServices, platform: currentPlatform });
