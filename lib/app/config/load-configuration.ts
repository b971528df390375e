// Loads holdfast.yaml: text in, effective configuration or all of its problems out. Reads no file, no clock and no environment.

import { dirname, resolve } from 'node:path';

import type { LocationPolicy, SkippedStore } from '../../domain/store-policy.ts';
import { RULE_PACKS } from '../../compliance/rule-packs/rule-packs.ts';
import type { Configuration, EngineLookup, NotifySettings } from './configuration.ts';
import { DEFAULTS } from './defaults.ts';
import { engineNames } from './engine-names.ts';
import type { EngineNames } from './engine-names.ts';
import { checkEffective } from './effective-checks.ts';
import { findSecrets } from './find-secrets.ts';
import type { Problem } from './problem.ts';
import { bytesOf, periodOf, secondsOf } from './quantities.ts';
import { checkReferences } from './references.ts';
import { resolvedPath, resolveStore } from './resolve-store.ts';
import type { ConfigurationFile, LocationLines } from './schema.ts';
import { ALIASES_MAX, readSourceText } from './source-text.ts';
import type { SourceText } from './source-text.ts';
import { rulesOfStore } from './store-rules.ts';
import { checkStructure } from './structure.ts';

export interface LoadRequest {
  readonly text: string;
  /** Path of the file: shown in problems; relative paths inside are resolved against its folder. */
  readonly file: string;
  readonly engines: EngineLookup;
  /** Kinds of locations that are built: `directory` unless given. */
  readonly locationKinds?: readonly string[];
  /** Milliseconds since the epoch: which rules are in force, whether a schedule ever comes. */
  readonly now: number;
}

export type LoadResult =
  | { readonly ok: true; readonly configuration: Configuration }
  /** Every problem of the file at once, in the order of its lines; at least one is an error. */
  | { readonly ok: false; readonly problems: readonly Problem[] };

export function loadConfiguration(request: LoadRequest): LoadResult {
  const source = readSourceText(request.text, request.file);
  if (source.syntaxProblems.some(({ severity }) => severity === 'error')) return refused(source.syntaxProblems);
  const raw = expanded(source);
  if ('problem' in raw) return refused([raw.problem]);

  const structure = checkStructure(raw.value, source);
  const secrets = findSecrets(source);
  const early = [...secrets, ...structure.problems];
  if (structure.sound === undefined) return refused(early);

  const engines = engineNames(request.engines);
  const references = checkReferences({
    file: structure.sound,
    source,
    engines,
    packs: Object.keys(RULE_PACKS),
    now: request.now,
    declaredLocations: keysOf(fieldOf(raw.value, 'locations')),
    declaredStores: Object.values(fieldOf(raw.value, 'services')).flatMap((service) =>
      keysOf(fieldOf(service, 'stores')),
    ),
  });
  const problems = [...early, ...references.filter((problem) => !isShadowed(problem, early))];
  const checkable = withoutBrokenStores(structure.sound, problems);
  if (checkable === undefined) return refused(problems);

  const configuration = build(checkable, source, engines, dirname(resolve(request.file)));
  const { errors, warnings, stores } = checkEffective(configuration, {
    source,
    engines,
    now: request.now,
    locationKinds: request.locationKinds ?? ['directory'],
  });
  const all = [...problems, ...errors];
  if (all.length > 0) return refused([...all, ...warnings]);
  return { ok: true, configuration: { ...configuration, stores, warnings } };
}

/** What the third pass can look at: every store without a problem of its own; nothing when something that stores share is broken. */
function withoutBrokenStores(file: ConfigurationFile, problems: readonly Problem[]): ConfigurationFile | undefined {
  const paths = problems.map(({ path }) => path.split('.'));
  if (paths.some(([top, , stores, store]) => top !== 'services' || stores !== 'stores' || store === undefined))
    return undefined;
  const broken = new Set(paths.map(([, service, , store]) => `${service}.${store}`));
  const services = Object.entries(file.services).map(([name, service]) => {
    const sound = Object.entries(service.stores).filter(([store]) => !broken.has(`${name}.${store}`));
    return [name, { ...service, stores: Object.fromEntries(sound) }] as const;
  });
  return { ...file, services: Object.fromEntries(services) };
}

function refused(problems: readonly Problem[]): LoadResult {
  return {
    ok: false,
    problems: [...problems].sort((left, right) => left.line - right.line || left.column - right.column),
  };
}

function expanded(source: SourceText): { readonly value: unknown } | { readonly problem: Problem } {
  try {
    return { value: source.document.toJS({ maxAliasCount: ALIASES_MAX }) as unknown };
  } catch (error) {
    const message = `unable to expand aliases: ${error instanceof Error ? error.message : String(error)}`;
    return { problem: source.problem({ name: 'InvalidConfiguration', message }, []) };
  }
}

/** What stands at, above or below a broken part is a consequence of it and would only hide the cause. */
function isShadowed(problem: Problem, early: readonly Problem[]): boolean {
  return early.some(
    ({ path }) =>
      path === problem.path || `${path}.`.startsWith(`${problem.path}.`) || `${problem.path}.`.startsWith(`${path}.`),
  );
}

function build(file: ConfigurationFile, source: SourceText, engines: EngineNames, folder: string): Configuration {
  const { platform } = file;
  const stores = Object.entries(file.services).flatMap(([service, { stores: lines }]) =>
    Object.keys(lines)
      .filter((store) => lines[store]!.skip === undefined)
      .map((store) =>
        resolveStore({ file, source, engines, folder, rulesFor: (of) => rulesOfStore(file.rules, of) }, service, store),
      ),
  );
  return {
    file: source.file,
    folder,
    timeZone: file.timezone,
    country: platform?.country,
    api: { host: platform?.api?.host ?? DEFAULTS.apiHost, port: platform?.api?.port ?? DEFAULTS.apiPort },
    limits: limitsOf(platform?.limits),
    notify: notifyOf(platform, folder),
    packs: file.rules?.packs ?? [],
    locations: Object.entries(file.locations).map(([name, lines]) => locationOf(name, lines, folder)),
    stores,
    skipped: skippedOf(file),
    warnings: [],
  };
}

function limitsOf(limits: NonNullable<ConfigurationFile['platform']>['limits']): Configuration['limits'] {
  return {
    concurrentBackups: limits?.concurrentBackups ?? DEFAULTS.concurrentBackups,
    queueLength: limits?.queueLength ?? DEFAULTS.queueLength,
    workerMemoryBytes: bytesOf(limits?.workerMemory ?? DEFAULTS.workerMemory)!,
    workerSeconds: secondsOf(limits?.workerTime ?? DEFAULTS.workerTime)!,
  };
}

function notifyOf(platform: ConfigurationFile['platform'], folder: string): NotifySettings {
  const { webhook, email } = platform?.notify ?? {};
  const reference = (value: string | undefined) => (value === undefined ? undefined : resolvedPath(value, folder));
  return {
    webhook: webhook === undefined ? undefined : { url: webhook.url, urlRef: reference(webhook.urlRef) },
    email:
      email === undefined
        ? undefined
        : { ...email, port: email.port ?? DEFAULTS.mailPort, credentialRef: reference(email.credentialRef) },
  };
}

function locationOf(name: string, lines: LocationLines, folder: string): LocationPolicy {
  const { kind, country, region = country.toLowerCase(), lock, keyFile, ...rest } = lines;
  const dataCenter = rest.dataCenter ?? region;
  const { dataCenter: _dataCenter, failureDomain, ...own } = rest;
  const settings: Record<string, unknown> = { ...own };
  if ('path' in own) settings['path'] = resolve(folder, own.path);
  if ('credentialRef' in own && own.credentialRef !== undefined)
    settings['credentialRef'] = resolvedPath(own.credentialRef, folder);
  if (keyFile !== undefined) settings['keyFile'] = resolve(folder, keyFile);
  return {
    name,
    kind,
    country,
    region,
    dataCenter,
    failureDomain: failureDomain ?? dataCenter,
    settings,
    ...(lock === undefined ? {} : { lockPeriod: periodOf(lock)! }),
  };
}

function skippedOf(file: ConfigurationFile): readonly SkippedStore[] {
  return Object.entries(file.services).flatMap(([service, { owner, stores }]) =>
    Object.entries(stores).flatMap(([store, lines]) =>
      lines.skip === undefined ? [] : [{ store, service, owner: lines.owner ?? owner, reason: lines.skip }],
    ),
  );
}

function fieldOf(value: unknown, key: string): Record<string, unknown> {
  const field = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return typeof field === 'object' && field !== null ? (field as Record<string, unknown>) : {};
}

const keysOf = (record: Record<string, unknown>): readonly string[] => Object.keys(record);
