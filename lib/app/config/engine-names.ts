// Resolves the engine names of a configuration: canonical names and aliases, built engines and those that are only known.

import type { ConfigurableEngine, EngineLookup } from './configuration.ts';
import { KNOWN_ENGINES } from './known-engines.ts';

export interface EngineNames {
  /** Canonical names, sorted. */
  readonly all: readonly string[];
  /** Undefined when nobody knows this engine. */
  canonical(name: string): string | undefined;
  /** Undefined when the engine is not built yet. */
  built(name: string): ConfigurableEngine | undefined;
  /** The planned methods of an engine, the default first; empty when nothing is known of them. */
  methods(name: string): readonly string[];
}

export function engineNames({ built, known = KNOWN_ENGINES }: EngineLookup): EngineNames {
  const canonical = new Map<string, string>();
  for (const [name, { aliases }] of Object.entries(known))
    for (const spelling of [...aliases, name]) canonical.set(spelling, name);
  for (const { name, aliases } of built) for (const spelling of [...aliases, name]) canonical.set(spelling, name);
  const engines = new Map(built.map((engine) => [engine.name, engine]));
  return {
    all: [...new Set(canonical.values())].sort(),
    canonical: (name) => canonical.get(name),
    methods: (name) => known[canonical.get(name) ?? name]?.methods ?? [],
    built: (name) => engines.get(canonical.get(name) ?? name),
  };
}
