// Makes one store's effective policy from its levels, and remembers for every value where it was defined.

import { isAbsolute, resolve } from 'node:path';

import { BACKUP_TYPES } from '../../domain/backup-record.ts';
import type { BackupType, CopyRole } from '../../domain/backup-record.ts';
import type { ComplianceRule, DataType } from '../../domain/compliance.ts';
import { DEFAULT_OBJECTIVES } from '../../domain/service-level.ts';
import type { ServiceLevel } from '../../domain/service-level.ts';
import type { KeepRule, ScheduleRule } from '../../domain/store-policy.ts';
import type { ConfiguredStore, Origin } from './configuration.ts';
import { DEFAULTS } from './defaults.ts';
import type { EngineNames } from './engine-names.ts';
import { given } from './levels.ts';
import type { Given, Level } from './levels.ts';
import { durationText, periodOf, secondsOf } from './quantities.ts';
import { readScheduleLine } from './schedule-lines.ts';
import type { ConfigurationFile, StoreLines } from './schema.ts';
import type { SourceText } from './source-text.ts';

export interface ResolveContext {
  readonly file: ConfigurationFile;
  readonly source: SourceText;
  readonly engines: EngineNames;
  readonly folder: string;
  rulesFor(store: {
    readonly store: string;
    readonly dataType: DataType;
    readonly serviceLevel: ServiceLevel;
    readonly verifyWithinDays: number;
  }): readonly ComplianceRule[];
}

const ROLES: readonly CopyRole[] = ['primary', 'secondary', 'archive'];
const KEEP_LINES = ['daily', 'weekly', 'monthly', 'yearly'] as const;

/** Expects lines that passed both passes. */
export function resolveStore(context: ResolveContext, service: string, store: string): ConfiguredStore {
  const lines = context.file.services[service]!.stores[store]!;
  const levels = levelsOf(context, service, store, lines);
  const origins: Origin[] = [];
  const take = (...line: string[]): unknown => {
    const found = given(levels, line);
    if (found === undefined || found.value === 'none') return undefined;
    origins.push(originOf(found, line.join('.'), context.source));
    return found.value;
  };

  const engineName = context.engines.canonical(take('engine') as string)!;
  const engine = context.engines.built(engineName);
  const method = methodOf(take('method') as string | undefined, engineName, context.engines);
  const serviceLevel = take('class') as ServiceLevel;
  const dataType = take('data') as DataType;
  const owner = take('owner') as string;
  const rpoSeconds = secondsOf(take('rpo') as string)!;
  const rtoSeconds = secondsOf(take('rto') as string)!;
  const copies = copiesOf(take('copies') as StoreLines['copies']);
  const schedules = schedulesOf(take, context.file.timezone);
  const keep = keepOf(take);
  const log =
    take('log') === undefined ? undefined : { keep: periodOf((take('keep', 'log') as string | undefined) ?? '') };
  const drill = take('drill') as ConfiguredStore['drill'];
  const verifyWithinDays = secondsOf(take('verifyWithin') as string)! / 86_400;
  const source = sourceOf(levels, context, origins);
  return {
    store,
    service,
    owner,
    engine: engineName,
    method,
    serviceLevel,
    dataType,
    rpoSeconds,
    rtoSeconds,
    source,
    schedules,
    copies,
    keep,
    rules: context.rulesFor({ store, dataType, serviceLevel, verifyWithinDays }),
    verifyWithinDays,
    compression: {
      algorithm: (take('compression', 'algorithm') as 'zstd' | 'gzip' | undefined) ?? 'none',
      level: take('compression', 'level') as number,
    },
    encryption: 'AES-256-GCM',
    ...(lines.scratch === undefined ? {} : { scratch: withResolvedPaths(lines.scratch, context.folder) }),
    isBuilt: engine?.methods.some((candidate) => candidate.method === method) ?? false,
    log,
    drill,
    origins,
  };
}

function methodOf(written: string | undefined, engine: string, engines: EngineNames): string {
  return written ?? engines.built(engine)?.methods[0]?.method ?? engines.methods(engine)[0] ?? 'default';
}

/** Store first. The service gives only owner, class and data; the platform only the time zone. */
export function levelsOf(
  { file, engines }: Pick<ResolveContext, 'file' | 'engines'>,
  service: string,
  store: string,
  lines: StoreLines,
): readonly Level[] {
  const { owner, class: serviceClass, data } = file.services[service]!;
  const engineKey = Object.keys(file.engines ?? {}).find(
    (key) => engines.canonical(key) === engines.canonical(lines.engine ?? ''),
  );
  const level = lines.class ?? serviceClass;
  return [
    { name: 'store', lines, path: ['services', service, 'stores', store] },
    { name: 'service', lines: { owner, class: serviceClass, data }, path: ['services', service] },
    ...(engineKey === undefined
      ? []
      : [{ name: 'engine' as const, lines: file.engines![engineKey]!, path: ['engines', engineKey] }]),
    ...(level === undefined || file.classes?.[level] === undefined
      ? []
      : [{ name: 'class' as const, lines: file.classes[level], path: ['classes', level] }]),
    { name: 'platform', lines: { timezone: file.timezone }, path: [] },
    { name: 'default', lines: builtInLines(level), path: undefined },
  ];
}

function builtInLines(level: ServiceLevel | undefined): Record<string, unknown> {
  const objectives =
    level === undefined
      ? {}
      : {
          rpo: durationText(DEFAULT_OBJECTIVES[level].rpoSeconds),
          rto: durationText(DEFAULT_OBJECTIVES[level].rtoSeconds),
        };
  return {
    ...objectives,
    keep: { daily: DEFAULTS.keepDaily, log: DEFAULTS.keepLog },
    verifyWithin: DEFAULTS.verifyWithin,
    compression: { algorithm: DEFAULTS.compressionAlgorithm, level: DEFAULTS.compressionLevel },
  };
}

function originOf(found: Given, key: string, source: SourceText): Origin {
  const position = found.path === undefined ? undefined : source.positionOfKey(found.path);
  return { key, value: valueText(found.value), level: found.level, line: position?.line, column: position?.column };
}

const valueText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** The first location is the primary copy, the others are secondaries unless the line says otherwise. */
function copiesOf(copies: StoreLines['copies']): ConfiguredStore['copies'] {
  return (copies ?? []).map((copy, index) =>
    typeof copy === 'string'
      ? { role: ROLES[Math.min(index, 1)]!, location: copy }
      : { role: copy.role, location: copy.location },
  );
}

function schedulesOf(take: (...line: string[]) => unknown, platformZone: string): readonly ScheduleRule[] {
  const lines = BACKUP_TYPES.map((type) => ({ type, line: take(type) })).filter(({ line }) => line !== undefined);
  const storeZone = (lines.length === 0 ? undefined : (take('timezone') as string | undefined)) ?? platformZone;
  return lines.flatMap(({ type, line }) => scheduleRule(type, line, storeZone));
}

function scheduleRule(type: BackupType, line: unknown, storeZone: string): readonly ScheduleRule[] {
  const reading = readScheduleLine(line);
  if (!reading.ok || reading.schedule.cron === undefined) return [];
  return [{ id: type, cron: reading.schedule.cron, timeZone: reading.schedule.timeZone ?? storeZone, type }];
}

function keepOf(take: (...line: string[]) => unknown): KeepRule {
  const lines = KEEP_LINES.map((line) => [line, take('keep', line)] as const).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(lines.map(([line, value]) => [line, periodOf(value as string)!]));
}

/** The engine's defaults under the store's own settings, one setting at a time. */
function sourceOf(
  levels: readonly Level[],
  context: ResolveContext,
  origins: Origin[],
): Readonly<Record<string, unknown>> {
  const holders = levels.filter(({ name }) => name === 'store' || name === 'engine');
  const keys = new Set(holders.flatMap(({ lines }) => Object.keys((lines['source'] as object | undefined) ?? {})));
  const settings: Record<string, unknown> = {};
  for (const key of keys) {
    const found = given(holders, ['source', key])!;
    settings[key] = found.value;
    origins.push(originOf(found, `source.${key}`, context.source));
  }
  return withResolvedPaths(settings, context.folder);
}

/** Values that begin with ./ or ../, and file: references, are relative to the configuration, whoever starts the platform from where. */
export function withResolvedPaths<Value>(value: Value, folder: string): Value {
  if (typeof value === 'string') return resolvedPath(value, folder) as Value;
  if (Array.isArray(value)) return value.map((item: unknown) => withResolvedPaths(item, folder)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withResolvedPaths(item, folder)]),
  ) as Value;
}

export function resolvedPath(value: string, folder: string): string {
  if (/^\.{1,2}(\/|$)/.test(value)) return resolve(folder, value);
  const file = /^file:(?!\/\/)(.+)$/.exec(value)?.[1];
  return file === undefined || isAbsolute(file) ? value : `file:${resolve(folder, file)}`;
}
