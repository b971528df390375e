// Third pass: what only the effective policies show, such as a store without copies or two copies that one fire would take.

import { asHoldfastError } from '../../domain/errors.ts';
import type { Configuration, ConfiguredStore } from './configuration.ts';
import type { EngineNames } from './engine-names.ts';
import { nearestName } from './nearest-name.ts';
import { checkLogs, checkObjectives } from './objective-checks.ts';
import { placeOf, storePath } from './places.ts';
import type { Problem } from './problem.ts';
import { checkRules, checkStaging } from './rule-checks.ts';
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
  found.push(
    ...checkStaging(configuration, context),
    ...unbuiltEngines(stores, context),
    ...checkLogs(stores, context),
    ...unbuiltLocations(configuration, context),
  );
  return {
    errors: found.filter(({ severity }) => severity === 'error'),
    warnings: found.filter(({ severity }) => severity === 'warning'),
    stores,
  };
}

/** One warning per engine and method: the file may name what is not built yet, and is told once what that means. */
function unbuiltEngines(stores: readonly ConfiguredStore[], context: EffectiveContext): Problem[] {
  const unbuilt = stores.filter((store) => !store.isBuilt && unknownMethod(store, context).length === 0);
  const whatOf = ({ engine, method }: ConfiguredStore): string =>
    context.engines.built(engine) === undefined ? `engine "${engine}"` : `method "${method}" of ${engine}`;
  return [...new Set(unbuilt.map(whatOf))].map((what) => {
    const affected = unbuilt.filter((store) => whatOf(store) === what);
    const message = `${what} is not built yet: runs of ${affected.map(({ store }) => store).join(', ')} answer CapabilityUnsupported`;
    const path = [...storePath(affected[0]!), 'engine'];
    return context.source.problem({ severity: 'warning', name: 'CapabilityUnsupported', message }, path);
  });
}

function unbuiltLocations({ locations }: Configuration, { source, locationKinds }: EffectiveContext): Problem[] {
  const unbuilt = locations.filter(({ kind }) => !locationKinds.includes(kind));
  return [...new Set(unbuilt.map(({ kind }) => kind))].map((kind) => {
    const names = unbuilt.filter((location) => location.kind === kind).map(({ name }) => name);
    const message = `locations of kind "${kind}" are not built yet: what uses ${names.join(', ')} answers CapabilityUnsupported`;
    return source.problem({ severity: 'warning', name: 'CapabilityUnsupported', message }, [
      'locations',
      names[0]!,
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
  const engine = context.engines.built(store.engine);
  if (engine === undefined) return store;
  if (!store.isBuilt) {
    found.push(...unknownMethod(store, context));
    return store;
  }
  try {
    return { ...store, source: engine.parseSettings(store.method, store.source) };
  } catch (error) {
    found.push(settingsProblem(error, store, context));
    return store;
  }
}

function unknownMethod(store: ConfiguredStore, context: EffectiveContext): Problem[] {
  const engine = context.engines.built(store.engine);
  if (engine === undefined) return [];
  const known = [...new Set([...engine.methods.map(({ method }) => method), ...context.engines.methods(engine.name)])];
  if (known.includes(store.method)) return [];
  const near = nearestName(store.method, known);
  const cure = near === undefined ? `known: ${known.join(', ')}` : `did you mean "${near}"?`;
  const path = [...storePath(store), 'method'];
  const message = `unknown method "${store.method}" of ${engine.name}`;
  return [
    context.source.problem({ name: 'InvalidConfiguration', message, cure }, path, placeOf(store, 'method', context)),
  ];
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
    : source.positionOfKey(path);
  const name = known.name === 'SecretInConfiguration' ? known.name : 'InvalidConfiguration';
  return source.problem({ name, message: known.message }, path, position);
}
