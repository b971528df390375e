// Gives a loaded configuration to the platform in the form that the steps ask for.

import { HoldfastError } from '../../domain/errors.ts';
import type { Policies } from '../../ports/platform.ts';
import type { Configuration } from './configuration.ts';
import { nearestName } from './nearest-name.ts';

export function effectivePolicies(configuration: Configuration): Policies {
  const byName = new Map(configuration.stores.map((store) => [store.store, store]));
  return {
    stores: () => configuration.stores,
    store(name) {
      const found = byName.get(name);
      if (found !== undefined) return found;
      const skipped = configuration.skipped.find(({ store }) => store === name);
      if (skipped !== undefined)
        throw new HoldfastError('NotFound', `unable to use store '${name}': it is skipped (${skipped.reason})`, {
          store: name,
        });
      const near = nearestName(name, byName.keys());
      const hint = near === undefined ? `stores are ${[...byName.keys()].join(', ')}` : `did you mean '${near}'?`;
      throw new HoldfastError('NotFound', `unable to find store '${name}': ${hint}`, { store: name });
    },
    skipped: () => configuration.skipped,
    locations: () => configuration.locations,
    limits: configuration.limits,
  };
}
