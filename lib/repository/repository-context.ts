// What every repository operation needs: one data store at one location, with the keys that open it there.

import type { Clock } from '../ports/clock.ts';
import type { IdSource } from '../ports/id-source.ts';
import type { KeyProvider } from '../ports/key-provider.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { KeyRecipient } from '../ports/platform.ts';

export interface RepositoryContext {
  /** First part of every key; bound to every wrapped key, so that one store's objects cannot pass for another's. */
  readonly storeName: string;
  readonly location: ObjectStore;
  readonly keys: KeyProvider;
  /** Second recipient of every data key. This layer works without one; the compliance gate judges. */
  readonly recipient: KeyRecipient | undefined;
  readonly ids: IdSource;
  readonly clock: Clock;
  /** Retention lock put on every object written, when the location can lock. */
  readonly lockedUntil?: string;
}
