// Right: a port knows the domain and names the type of a stream.
import type { Readable } from 'node:stream';

import type { bytes } from '../domain/units.ts';

export interface ObjectStore {
  get(key: string): Promise<{ body: Readable; size: typeof bytes }>;
}
