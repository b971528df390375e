// Third pass: what only the effective policies show, such as a store without copies or two copies that one fire would take.

import { asHoldfastError } from '../../domain/errors.ts';
import type { Configuration, ConfiguredStore } from './configuration.ts';
import type { EngineNames } from './engine-names.ts';
import { nearestName } from './nearest-name.ts';
import type { Problem } from './problem.ts';
import type { ConfigurationFile } from './schema.ts';
import type { Path, SourceText } from './source-text.ts';

export interface EffectiveContext {
  readonly file: ConfigurationFile;
  readonly source: SourceText;
  readonly engines: EngineNames;
  readonly now: number;
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
    found.push(...checkCopies(configuration, store, context), ...checkSchedules(store, context));
    return withEngineSettings(store, context, found);
  });
  return {
    errors: found.filter(({ severity }) => severity === 'error'),
    warnings: found.filter(({ severity }) => severity === 'warning'),
    stores,
  };
}

const pathOf = (store: ConfiguredStore): Path => ['services', store.service, 'stores', store.store];

/** Where a line of the store was defined, wherever that is. */
function placeOf(store: ConfiguredStore, key: string, { source }: EffectiveContext) {
  const origin = store.origins.find((candidate) => candidate.key === key);
  if (origin?.line === undefined || origin.column === undefined) return source.positionOfKey(pathOf(store));
  return { line: origin.line, column: origin.column, length: key.split('.').at(-1)!.length };
}

function checkCopies(configuration: Configuration, store: ConfiguredStore, context: EffectiveContext): Problem[] {
  const { source } = context;
  const path = pathOf(store);
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

function checkSchedules(store: ConfiguredStore, context: EffectiveContext): Problem[] {
  const { source } = context;
  const path = pathOf(store);
  if (store.schedules.length === 0) {
    const message = `store "${store.store}" has no schedule: it is backed up only when somebody asks`;
    return [
      source.problem({ severity: 'warning', name: 'InvalidConfiguration', message }, path, source.positionOfKey(path)),
    ];
  }
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
  const path = pathOf(store);
  const engine = engines.built(store.engine);
  if (engine === undefined) {
    const message = `engine "${store.engine}" is not built yet: runs of "${store.store}" answer CapabilityUnsupported`;
    found.push(source.problem({ severity: 'warning', name: 'CapabilityUnsupported', message }, [...path, 'engine']));
    return store;
  }
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
  const path = [...pathOf(store), 'source', ...inside];
  const origin = inside.length === 0 ? undefined : store.origins.find(({ key }) => key === `source.${inside[0]}`);
  const isInherited = origin?.level === 'engine' && origin.line !== undefined && origin.column !== undefined;
  const position = isInherited
    ? { line: origin.line, column: origin.column, length: inside[0]!.length }
    : source.positionOf(path);
  return source.problem({ name: 'InvalidConfiguration', message: known.message }, path, position);
}
