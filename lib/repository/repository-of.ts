// Opens a store's repository at one of the platform's locations: the one place that puts location, keys and recipient together.

import type { Platform } from '../ports/platform.ts';
import type { RepositoryContext } from './repository-context.ts';

export function repositoryOf(platform: Platform, store: string, location: string): RepositoryContext {
  return {
    storeName: store,
    location: platform.location(location),
    keys: platform.keysOf(location),
    recipient: platform.recoveryRecipient,
    ids: platform.ids,
    clock: platform.clock,
  };
}
