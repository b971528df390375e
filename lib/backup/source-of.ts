// The engine and parsed source settings of a store.

import type { Engine, EngineSource } from '../ports/engine.ts';
import type { Platform } from '../ports/platform.ts';

export function sourceOf(
  platform: Platform,
  store: string,
): { readonly engine: Engine; readonly source: EngineSource } {
  const policy = platform.policies.store(store);
  const engine = platform.engine(policy.engine);
  return {
    engine,
    source: { store, method: policy.method, settings: engine.parseSettings(policy.method, policy.source) },
  };
}
