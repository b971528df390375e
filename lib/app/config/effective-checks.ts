// Third pass: what only the effective policies show, such as a store without copies or two copies that one fire would take.

import { asHoldfastError } from '../../domain/errors.ts';
import type { Configuration, ConfiguredStore } from './configuration.ts';
import type { EngineNames } from './engine-names.ts';
import { nearestName } from './nearest-name.ts';
import { checkObjectives } from './objective-checks.ts';
import { placeOf, storePath } from './places.ts';
import type { Problem } from './problem.ts';
import { checkRules } from './rule-checks.ts';
import type { SourceText } from './source-text.ts';

export interface EffectiveContext {
  readonly source: SourceText;
  readonly engines: EngineNames;
  readonly now: number;
  /** Kinds of locations that are built. */
  readonly locationKinds: readonly string[];
}

export interface EffectiveResult {
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** With the engines' own parsed settings in place of the written ones. */
  readonly stores: readonly ConfiguredStore[];
}

export function checkEffective(configuration: Configuration, context: EffectiveContext): EffectiveResult {
  const found: Problem[] = [];
  const stores = configuration.stores.map((store) => {
    found.push(
      ...checkCopies(configuration, store, context),
      ...checkTypes(store, context),
      ...checkRules(configuration, store, context),
      ...checkObjectives(store, context),
    );
    return withEngineSettings(store, context, found);
  });
  found.push(...unbuiltEngines(stores, context), ...unbuiltLocations(configuration, context));
  return {
    errors: found.filter(({ severity }) => severity === 'error'),
    warnings: found.filter(({ severity }) => severity === 'warning'),
    stores,
  };
}

/** One warning per engine: the file may name what is not built yet, and is told once what that means. */
function unbuiltEngines(stores: readonly ConfiguredStore[], { source }: EffectiveContext): Problem[] {
  const unbuilt = stores.filter(({ isEngineBuilt }) => !isEngineBuilt);
  return [...new Set(unbuilt.map(({ engine }) => engine))].map((engine) => {
    const affected = unbuilt.filter((store) => store.engine === engine);
    const message = `engine "${engine}" is not built yet: runs of ${affected.map(({ store }) => store).join(', ')} answer CapabilityUnsupported`;
    return source.problem({ severity: 'warning', name: 'CapabilityUnsupported', message }, [
      ...storePath(affected[0]!),
      'engine',
    ]);
  });
}

function unbuiltLocations({ locations }: Configuration, { source, locationKinds }: EffectiveContext): Problem[] {
  return locations
    .filter(({ kind }) => !locationKinds.includes(kind))
    .map(({ name, kind }) => {
      const message = `locations of kind "${kind}" are not built yet: what uses "${name}" answers CapabilityUnsupported`;
      return source.problem({ severity: 'warning', name: 'CapabilityUnsupported', message }, [
        'locations',
        name,
        'kind',
      ]);
    });
}

function checkCopies(configuration: Configuration, store: ConfiguredStore, context: EffectiveContext): Problem[] {
  const { source } = context;
  const path = storePath(store);
  if (store.copies.length === 0) {
    const cure = 'name at least one location: copies: [primary]';
    return [
      source.problem(
        { name: 'InvalidConfiguration', message: '"copies" is missing at every level', cure },
        path,
        source.positionOfKey(path),
      ),
    ];
  }
  const byDomain = new Map<string, string>();
  for (const { location } of store.copies) {
    const domain = configuration.locations.find(({ name }) => name === location)!.failureDomain;
    const other = byDomain.get(domain);
    if (other !== undefined) {
      const message = `copies "${other}" and "${location}" lie in one failure domain "${domain}" and count as one`;
      const cure = 'name a location elsewhere, or give each its true failureDomain';
      return [
        source.problem(
          { name: 'InvalidConfiguration', message, cure },
          [...path, 'copies'],
          placeOf(store, 'copies', context),
        ),
      ];
    }
    byDomain.set(domain, location);
  }
  return [];
}

function checkTypes(store: ConfiguredStore, context: EffectiveContext): Problem[] {
  const { source } = context;
  const path = storePath(store);
  const engine = context.engines.built(store.engine);
  const method = engine?.methods.find((candidate) => candidate.method === store.method);
  if (method === undefined) return [];
  return store.schedules
    .filter(({ type }) => !method.backupTypes.includes(type))
    .map(({ type }) => {
      const message = `method "${store.method}" of ${store.engine} makes no ${type} backups`;
      const cure = `it makes ${method.backupTypes.join(', ')}; take the line away with ${type}: none`;
      return source.problem(
        { name: 'InvalidConfiguration', message, cure },
        [...path, type],
        placeOf(store, type, context),
      );
    });
}

function withEngineSettings(store: ConfiguredStore, context: EffectiveContext, found: Problem[]): ConfiguredStore {
  const { source, engines } = context;
  const path = storePath(store);
  const engine = engines.built(store.engine);
  if (engine === undefined) return store;
  const methods = engine.methods.map(({ method }) => method);
  if (!methods.includes(store.method)) {
    const near = nearestName(store.method, methods);
    const cure = near === undefined ? `known: ${methods.join(', ')}` : `did you mean "${near}"?`;
    found.push(
      source.problem(
        { name: 'InvalidConfiguration', message: `unknown method "${store.method}" of ${engine.name}`, cure },
        [...path, 'method'],
        placeOf(store, 'method', context),
      ),
    );
    return store;
  }
  try {
    return { ...store, source: engine.parseSettings(store.method, store.source) };
  } catch (error) {
    found.push(settingsProblem(error, store, context));
    return store;
  }
}

function settingsProblem(error: unknown, store: ConfiguredStore, context: EffectiveContext): Problem {
  const { source } = context;
  const known = asHoldfastError(error);
  const inside = String(known.facts['path'] ?? '')
    .split('.')
    .filter(Boolean);
  const path = [...storePath(store), 'source', ...inside];
  const origin = inside.length === 0 ? undefined : store.origins.find(({ key }) => key === `source.${inside[0]}`);
  const isInherited = origin?.level === 'engine' && origin.line !== undefined && origin.column !== undefined;
  const position = isInherited
    ? { line: origin.line, column: origin.column, length: inside[0]!.length }
    : source.positionOf(path);
  return source.problem({ name: 'InvalidConfiguration', message: known.message }, path, position);
}
