// Right: a cloud knows ports and protocols.
import type { ObjectStore } from '../../ports/object-store.ts';
import { client } from '../../protocols/s3/client.ts';

export const localStore = (store: ObjectStore): unknown => client(store);
