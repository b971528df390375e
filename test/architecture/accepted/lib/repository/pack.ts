// Right: the storage format knows ports, domain and Node.js.
import { createHash } from 'node:crypto';

import type { ObjectStore } from '../ports/object-store.ts';

export const hashOf = (store: ObjectStore): string => createHash('sha256').update(String(store)).digest('hex');
