// Right: wire code knows ports and Node.js.
import { request } from 'node:https';

import type { ObjectStore } from '../../ports/object-store.ts';

export const client = (store: ObjectStore): unknown => [request, store];
