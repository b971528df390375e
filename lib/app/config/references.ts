// Second pass over a configuration: what its lines mean and refer to. Runs on the sound rest of a broken file too.

import { isTimeZone, nextSlot } from '../../scheduling/cron.ts';
import { BASELINE_PREFIX } from '../../domain/compliance/baseline.ts';
import type { EngineNames } from './engine-names.ts';
import { nearestName } from './nearest-name.ts';
import type { Problem } from './problem.ts';
import { readScheduleLine } from './schedule-lines.ts';
import type { ConfigurationFile, OwnRule, PolicyLines, StoreLines } from './schema.ts';
import { SCHEDULE_LINES } from './schema.ts';
import type { Path, SourceText } from './source-text.ts';

export interface ReferenceContext {
  readonly file: ConfigurationFile;
  readonly source: SourceText;
  readonly engines: EngineNames;
  readonly packs: readonly string[];
  readonly now: number;
  /** As the file declares them, broken parts too: a name that exists but is broken is not unknown. */
  readonly declaredLocations: readonly string[];
  readonly declaredStores: readonly string[];
}

type CheckedLines = Pick<PolicyLines, 'copies' | 'timezone' | (typeof SCHEDULE_LINES)[number]>;

export function checkReferences(context: ReferenceContext): readonly Problem[] {
  const { file } = context;
  const problems: Problem[] = [];
  problems.push(...checkTimeZone(context, file.timezone, ['timezone']));
  problems.push(...checkPlatform(context));
  for (const [name, lines] of Object.entries(file.classes ?? {})) {
    if (lines !== undefined) problems.push(...checkLines(context, lines, ['classes', name]));
  }
  for (const [name, lines] of Object.entries(file.engines ?? {})) {
    problems.push(
      ...checkEngineName(context, name, ['engines', name], true),
      ...checkLines(context, lines, ['engines', name]),
    );
  }
  problems.push(...checkRules(context));
  const seen = new Map<string, Path>();
  for (const [service, { stores }] of Object.entries(file.services)) {
    for (const [store, lines] of Object.entries(stores)) {
      problems.push(...checkStore(context, lines, ['services', service, 'stores', store], seen));
    }
  }
  return problems;
}

function checkStore(context: ReferenceContext, lines: StoreLines, path: Path, seen: Map<string, Path>): Problem[] {
  const { source } = context;
  const name = String(path.at(-1));
  const problems: Problem[] = [];
  const earlier = seen.get(name);
  if (earlier !== undefined) {
    const message = `store "${name}" exists already in line ${source.positionOfKey(earlier).line}`;
    problems.push(
      source.problem(
        { name: 'InvalidConfiguration', message, cure: 'names of stores are unique in the whole file' },
        path,
        source.positionOfKey(path),
      ),
    );
  }
  seen.set(name, earlier ?? path);
  if (lines.skip !== undefined) {
    const others = Object.keys(lines).filter((key) => key !== 'skip' && key !== 'owner');
    if (others.length === 0) return problems;
    const message = `a skipped store has no other lines, this has ${others.join(', ')}`;
    return [
      ...problems,
      source.problem(
        { name: 'InvalidConfiguration', message },
        [...path, 'skip'],
        source.positionOfKey([...path, 'skip']),
      ),
    ];
  }
  if (lines.engine === undefined) {
    problems.push(
      missing(
        context,
        'engine',
        path,
        'name its kind of data store, or skip it with a reason: { skip: "cache, rebuilt from …" }',
      ),
    );
  } else {
    problems.push(...checkEngineName(context, lines.engine, [...path, 'engine'], false));
  }
  const service = context.file.services[String(path[1])]!;
  if ((lines.class ?? service.class) === undefined) {
    problems.push(
      missing(context, 'class', path, 'give the store or its service a service level: critical, high, medium or low'),
    );
  }
  if ((lines.data ?? service.data) === undefined) {
    problems.push(
      missing(
        context,
        'data',
        path,
        'say what is inside: user_data, game_data, payment_data or system_data; it decides which rules apply',
      ),
    );
  }
  return [...problems, ...checkLines(context, lines, path)];
}

function missing({ source }: ReferenceContext, key: string, path: Path, cure: string): Problem {
  return source.problem(
    { name: 'InvalidConfiguration', message: `"${key}" is missing`, cure },
    [...path, key],
    source.positionOfKey(path),
  );
}

function checkLines(context: ReferenceContext, lines: CheckedLines, path: Path): Problem[] {
  const problems = lines.timezone === undefined ? [] : checkTimeZone(context, lines.timezone, [...path, 'timezone']);
  for (const [index, copy] of (lines.copies ?? []).entries()) {
    const location = typeof copy === 'string' ? copy : copy.location;
    problems.push(...checkName(context, 'location', location, context.declaredLocations, [...path, 'copies', index]));
  }
  problems.push(...checkTwiceNamed(context, lines, path));
  for (const type of SCHEDULE_LINES) {
    if (lines[type] !== undefined) problems.push(...checkSchedule(context, lines[type], [...path, type]));
  }
  return problems;
}

function checkTwiceNamed({ source }: ReferenceContext, lines: CheckedLines, path: Path): Problem[] {
  const names = (lines.copies ?? []).map((copy) => (typeof copy === 'string' ? copy : copy.location));
  return names.flatMap((name, index) =>
    names.indexOf(name) === index
      ? []
      : [
          source.problem(
            {
              name: 'InvalidConfiguration',
              message: `location "${name}" is named twice`,
              cure: 'one location holds one copy',
            },
            [...path, 'copies', index],
          ),
        ],
  );
}

function checkSchedule(context: ReferenceContext, line: unknown, path: Path): Problem[] {
  const { source } = context;
  const reading = readScheduleLine(line);
  if (!reading.ok) {
    return [
      source.problem(
        {
          name: 'InvalidCron',
          message: reading.problem,
          ...(reading.cure === undefined ? {} : { cure: reading.cure }),
        },
        path,
      ),
    ];
  }
  const { cron, timeZone } = reading.schedule;
  const zoneProblems = timeZone === undefined ? [] : checkTimeZone(context, timeZone, [...path, 'timezone']);
  if (cron === undefined || zoneProblems.length > 0) return zoneProblems;
  if (nextSlot({ cron, timeZone: timeZone ?? 'UTC' }, context.now) !== undefined) return [];
  return [source.problem({ name: 'InvalidCron', message: `"${cron}" never comes`, cure: 'check day and month' }, path)];
}

function checkTimeZone({ source }: ReferenceContext, zone: string, path: Path): Problem[] {
  if (isTimeZone(zone)) return [];
  const near = nearestName(zone, Intl.supportedValuesOf('timeZone'));
  const cure = near === undefined ? 'use an IANA name such as Europe/Moscow' : `did you mean "${near}"?`;
  return [source.problem({ name: 'InvalidConfiguration', message: `unknown time zone "${zone}"`, cure }, path)];
}

function checkEngineName(context: ReferenceContext, name: string, path: Path, isKey: boolean): Problem[] {
  const { engines, source } = context;
  if (engines.canonical(name) !== undefined) return [];
  return checkName(context, 'engine', name, engines.all, path, isKey ? source.positionOfKey(path) : undefined);
}

function checkName(
  { source }: ReferenceContext,
  what: string,
  name: string,
  candidates: readonly string[],
  path: Path,
  position?: ReturnType<SourceText['positionOf']>,
): Problem[] {
  if (candidates.includes(name)) return [];
  const near = nearestName(name, candidates);
  const cure = near === undefined ? `known: ${candidates.join(', ')}` : `did you mean "${near}"?`;
  return [source.problem({ name: 'InvalidConfiguration', message: `unknown ${what} "${name}"`, cure }, path, position)];
}

function checkPlatform({ file, source }: ReferenceContext): Problem[] {
  const webhook = file.platform?.notify?.webhook;
  if (webhook === undefined || (webhook.url === undefined) !== (webhook.urlRef === undefined)) return [];
  return [
    source.problem(
      { name: 'InvalidConfiguration', message: 'a webhook has either "url" or "urlRef"', cure: 'write one of them' },
      ['platform', 'notify', 'webhook'],
    ),
  ];
}

function checkRules(context: ReferenceContext): Problem[] {
  const { file, source, packs } = context;
  const problems = (file.rules?.packs ?? []).flatMap((pack, index) =>
    checkName(context, 'rule pack', pack, packs, ['rules', 'packs', index]),
  );
  const ids = new Set<string>();
  for (const [index, rule] of (file.rules?.own ?? []).entries()) {
    const path = ['rules', 'own', index];
    if (ids.has(rule.id))
      problems.push(
        source.problem({ name: 'InvalidConfiguration', message: `rule "${rule.id}" exists twice` }, [...path, 'id']),
      );
    ids.add(rule.id);
    problems.push(...checkRule(context, rule, path));
    for (const [place, store] of (rule.stores ?? []).entries())
      problems.push(...checkName(context, 'store', store, context.declaredStores, [...path, 'stores', place]));
  }
  return problems;
}

/** Parameters by kind: the wrong one would be ignored, and an ignored line is a rule that somebody believes in. */
const PARAMETERS: Readonly<
  Record<OwnRule['kind'], { readonly needs: readonly string[]; readonly may: readonly string[] }>
> = {
  residency: { needs: ['allowed'], may: [] },
  'key-location': { needs: ['allowed'], may: [] },
  encryption: { needs: ['suites'], may: [] },
  'retention-window': { needs: [], may: ['min', 'max'] },
  copies: { needs: [], may: ['copies', 'failureDomains'] },
  'verification-age': { needs: ['within'], may: [] },
  'recovery-recipient': { needs: [], may: [] },
};
const ALL_PARAMETERS = ['allowed', 'suites', 'min', 'max', 'copies', 'failureDomains', 'within'] as const;

function checkRule({ source }: ReferenceContext, rule: OwnRule, path: Path): Problem[] {
  const { needs, may } = PARAMETERS[rule.kind];
  const has = ALL_PARAMETERS.filter((key) => rule[key] !== undefined);
  const problems = needs
    .filter((key) => !(has as readonly string[]).includes(key))
    .map((key) =>
      source.problem({ name: 'InvalidConfiguration', message: `a ${rule.kind} rule needs "${key}"` }, path),
    );
  if (may.length > 0 && !has.some((key) => may.includes(key))) {
    problems.push(
      source.problem(
        {
          name: 'InvalidConfiguration',
          message: `a ${rule.kind} rule needs ${may.map((key) => `"${key}"`).join(' or ')}`,
        },
        path,
      ),
    );
  }
  for (const key of has.filter((name) => !needs.includes(name) && !may.includes(name))) {
    problems.push(
      source.problem(
        { name: 'InvalidConfiguration', message: `"${key}" means nothing for a ${rule.kind} rule` },
        [...path, key],
        source.positionOfKey([...path, key]),
      ),
    );
  }
  if (rule.id.startsWith(BASELINE_PREFIX)) {
    problems.push(
      source.problem(
        { name: 'InvalidConfiguration', message: `rule names that begin with "${BASELINE_PREFIX}" are reserved` },
        [...path, 'id'],
      ),
    );
  }
  return problems;
}
