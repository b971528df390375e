// The shape of holdfast.yaml: strict, so that a typo cannot switch a rule off; its descriptions make the reference and the editor's help.

import { z } from 'zod';

import { BACKUP_TYPES } from '../../domain/backup-record.ts';
import { DATA_TYPES, RULE_KINDS } from '../../domain/compliance.ts';
import { SERVICE_LEVELS } from '../../domain/service-level.ts';
import { DEFAULTS } from './defaults.ts';
import { BYTES_PATTERN, DURATION_PATTERN, PERIOD_PATTERN } from './quantities.ts';

const shown = (input: unknown): string =>
  typeof input === 'string' ? `"${input}"` : (JSON.stringify(input) ?? 'nothing');

/** A text with a pattern whose refusal says how to write it. */
const written = (pattern: RegExp, how: string) =>
  z
    .string({ error: ({ input }) => (input === undefined ? undefined : `expected ${how}, not ${shown(input)}`) })
    .regex(pattern, {
      error: ({ input }) => `expected ${how}, not ${shown(input)}`,
    });

const period = written(PERIOD_PATTERN, 'a period such as 30d, 4w, 3mo or 1y');
const keepPeriod = written(/^([1-9]\d{0,3}(d|w|mo|y)|none)$/, 'a period such as 30d, 4w, 3mo, 1y, or none');
const duration = written(DURATION_PATTERN, 'a duration such as 90s, 15m, 4h or 1d');
const bytes = written(BYTES_PATTERN, 'a size such as 512MiB or 2GiB');
const days = written(/^[1-9]\d{0,3}d$/, 'a number of days such as 30d');
const country = written(/^[A-Z]{2}$/, 'a country code of two capital letters such as RU');
const reference = written(/^(env:[A-Za-z_]\w*|file:.+)$/, 'env:NAME or file:path');
const text = z.string().min(1, { error: 'expected a text, not nothing' });
export const NAME_PATTERN = /^[a-z][a-z0-9-]{0,62}$/;
const name = written(NAME_PATTERN, 'a name of lower-case letters, digits and hyphens that begins with a letter');
const host = written(/^[A-Za-z0-9._:-]+$/, 'a host name or address');
const port = z.int().min(1).max(65_535);
const credentialRef = reference.meta({
  description:
    'Where the secret is read at the moment of use: `env:NAME` or `file:path` (0600). Never the secret itself.',
});

const schedule = z
  .union([
    text,
    z.strictObject({
      cron: text
        .optional()
        .meta({ description: 'Five fields: minute, hour, day of month, month, weekday (0 = Sunday).' }),
      every: text
        .optional()
        .meta({ description: 'An interval that divides an hour or a day, counted from midnight: `15m`, `4h`, `1d`.' }),
      timezone: text.optional().meta({ description: 'IANA time zone of this schedule only.' }),
    }),
  ])
  .meta({
    description: 'Five cron fields in quotes (`"0 2 * * *"`), an interval (`every 4h` or `{ every: 4h }`), or `none`.',
  });

const copy = z.union([text, z.strictObject({ location: text, role: z.enum(['primary', 'secondary', 'archive']) })]);

const keep = z
  .strictObject({
    daily: keepPeriod
      .optional()
      .meta({ description: 'How long every recovery point is kept.', default: DEFAULTS.keepDaily }),
    weekly: keepPeriod.optional().meta({ description: 'How long the first of each week is kept.' }),
    monthly: keepPeriod.optional().meta({ description: 'How long the first of each month is kept.' }),
    yearly: keepPeriod.optional().meta({ description: 'How long the first of each year is kept.' }),
    log: keepPeriod
      .optional()
      .meta({ description: 'How long archived logs (WAL, oplog, AOF) are kept.', default: DEFAULTS.keepLog }),
  })
  .meta({
    description:
      'How long recovery points are kept. A line overrides the same line of a lower level; `none` takes an inherited line away.',
  });

const compression = z
  .strictObject({
    algorithm: z
      .enum(['zstd', 'gzip', 'none'])
      .optional()
      .meta({ description: 'How; `none` stores as it is.', default: DEFAULTS.compressionAlgorithm }),
    level: z
      .int()
      .min(1)
      .max(19)
      .optional()
      .meta({ description: 'Higher is smaller and slower.', default: DEFAULTS.compressionLevel }),
  })
  .meta({ description: 'How segments are compressed before they are encrypted.' });

/** Lines that a class, an engine and a store may all give; store beats engine beats class beats the built-in default. */
const policyLines = {
  rpo: duration.optional().meta({ description: 'At most this much time of data may be lost.' }),
  rto: duration.optional().meta({ description: 'A restore may take at most this long.' }),
  copies: z.array(copy).min(1).max(5).optional().meta({
    description:
      'Locations that must hold a verified copy before a backup is completed; the first is the primary, the next secondaries.',
  }),
  keep: keep.optional(),
  full: schedule.optional(),
  incremental: schedule.optional(),
  differential: schedule.optional(),
  snapshot: schedule.optional(),
  log: z
    .enum(['continuous', 'none'])
    .optional()
    .meta({ description: 'Archiving of the store’s own log for recovery to a second.' }),
  drill: z
    .enum(['weekly', 'monthly', 'quarterly', 'yearly', 'none'])
    .optional()
    .meta({ description: 'How often a test restore must prove the backups.' }),
  verifyWithin: days.optional().meta({
    description: 'Stored bytes verified longer ago than this are read again before a backup that needs them completes.',
    default: DEFAULTS.verifyWithin,
  }),
  timezone: text.optional().meta({ description: 'IANA time zone of the schedules.' }),
  compression: compression.optional(),
} as const;

/** Names of the lines above, in the order in which they are explained. */
export const POLICY_LINES = Object.keys(policyLines) as readonly (keyof typeof policyLines)[];
export const SCHEDULE_LINES = BACKUP_TYPES;

const settings = z.record(z.string(), z.unknown());
const classLines = z.strictObject(policyLines);

const engineDefaults = z.strictObject({
  ...policyLines,
  method: text.optional().meta({ description: 'The engine’s method when a store names none.' }),
  source: settings.optional().meta({ description: 'Source settings that every store of this engine begins with.' }),
});

const store = z.strictObject({
  skip: text.optional().meta({
    description:
      'Why this store needs no backup; such a store has no other line and is shown as skipped, with the reason.',
  }),
  engine: text.optional().meta({ description: 'The kind of data store: `postgresql`, `files`, …' }),
  method: text.optional().meta({ description: 'How it is backed up; by default the engine’s first method.' }),
  class: z.enum(SERVICE_LEVELS).optional().meta({ description: 'Service level; overrides the one of the service.' }),
  data: z
    .enum(DATA_TYPES)
    .optional()
    .meta({ description: 'What is inside; decides which rules apply. Overrides the one of the service.' }),
  owner: text.optional().meta({ description: 'Who is told; overrides the one of the service.' }),
  source: settings.optional().meta({
    description:
      'The engine’s own settings: host, paths, credentialRef. Values that begin with ./ or ../ are relative to this file.',
  }),
  scratch: settings
    .optional()
    .meta({ description: 'Where a test restore may put data; by default a temporary place beside the platform.' }),
  ...policyLines,
});

const service = z.strictObject({
  owner: text.meta({ description: 'The team that owns the service and is told of its troubles.' }),
  class: z.enum(SERVICE_LEVELS).optional().meta({ description: 'Service level of its stores.' }),
  data: z.enum(DATA_TYPES).optional().meta({ description: 'Data type of its stores.' }),
  stores: z
    .record(name, store)
    .meta({ description: 'The service’s data stores by name; names are unique in the whole file.' }),
});

const location = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('directory'),
      path: text.meta({ description: 'The folder; relative to this file.' }),
      ...placeLines(),
    }),
    z.strictObject({
      kind: z.literal('network'),
      path: text.meta({ description: 'The mounted share; relative to this file.' }),
      ...placeLines(),
    }),
    z.strictObject({
      kind: z.literal('s3'),
      bucket: text.meta({ description: 'The bucket.' }),
      prefix: text.optional().meta({ description: 'What every key begins with.' }),
      endpoint: text.optional().meta({ description: 'URL of an S3-compatible provider.' }),
      provider: text.optional().meta({ description: 'Provider name, for its known differences: `aws`, `yandex`, …' }),
      storageClass: text.optional().meta({ description: 'Storage class of new objects.' }),
      credentialRef: credentialRef.optional(),
      ...placeLines(),
    }),
  ],
  { error: 'expected one of directory, network, s3' },
);

function placeLines() {
  return {
    country: country.meta({
      description: 'Country the bytes lie in (ISO 3166). Compliance compares it with what the location itself says.',
    }),
    region: text.optional().meta({ description: 'Region; by default the country in lower case.' }),
    dataCenter: text.optional().meta({ description: 'Data centre; by default the region.' }),
    failureDomain: text.optional().meta({
      description:
        'What can be lost at once; by default the data centre. Two locations of one failure domain are one copy.',
    }),
    keyFile: text
      .optional()
      .meta({ description: 'Key file that wraps the keys of this copy; by default the platform’s.' }),
    lock: period.optional().meta({ description: 'Retention lock on new objects, where the location can lock.' }),
  };
}

const ownRule = z.strictObject({
  id: name.meta({ description: 'Name of the rule; unique.' }),
  kind: z.enum(RULE_KINDS).meta({ description: 'What is checked.' }),
  data: z
    .array(z.enum(DATA_TYPES))
    .min(1)
    .optional()
    .meta({ description: 'Data types it applies to; by default all.' }),
  classes: z
    .array(z.enum(SERVICE_LEVELS))
    .min(1)
    .optional()
    .meta({ description: 'Service levels it applies to; by default all.' }),
  stores: z.array(text).min(1).optional().meta({ description: 'Stores it applies to; by default all.' }),
  allowed: z
    .array(country)
    .min(1)
    .optional()
    .meta({ description: 'For residency and key-location: allowed countries.' }),
  suites: z
    .array(z.enum(['AES-256-GCM', 'ChaCha20-Poly1305']))
    .min(1)
    .optional()
    .meta({ description: 'For encryption: allowed suites.' }),
  min: period.optional().meta({ description: 'For retention-window: keep at least this long.' }),
  max: period.optional().meta({ description: 'For retention-window: keep at most this long.' }),
  copies: z.int().min(1).max(5).optional().meta({ description: 'For copies: at least so many.' }),
  failureDomains: z
    .int()
    .min(1)
    .max(5)
    .optional()
    .meta({ description: 'For copies: in at least so many failure domains.' }),
  within: days.optional().meta({ description: 'For verification-age: verified at most so long ago.' }),
  source: text.optional().meta({ description: 'Where the wish stands: a contract, a decision.' }),
  from: z.iso.date().optional().meta({ description: 'First day in force.' }),
  to: z.iso.date().optional().meta({ description: 'Last day in force.' }),
  text: text.optional().meta({ description: 'The rule in words.' }),
});

const platform = z.strictObject({
  country: country.optional().meta({ description: 'Country the platform and its staging place run in.' }),
  api: z
    .strictObject({
      host: host.optional().meta({ description: 'Address the API listens on.', default: DEFAULTS.apiHost }),
      port: port.optional().meta({ description: 'Port the API listens on.', default: DEFAULTS.apiPort }),
    })
    .optional(),
  limits: z
    .strictObject({
      concurrentBackups: z
        .int()
        .min(1)
        .max(1000)
        .optional()
        .meta({ description: 'Backups running at once.', default: DEFAULTS.concurrentBackups }),
      queueLength: z.int().min(1).max(100_000).optional().meta({
        description: 'Backups waiting at once; a full queue is seen, never dropped.',
        default: DEFAULTS.queueLength,
      }),
      workerMemory: bytes.optional().meta({ description: 'Memory of one worker.', default: DEFAULTS.workerMemory }),
      workerTime: duration.optional().meta({ description: 'Longest run of one worker.', default: DEFAULTS.workerTime }),
    })
    .optional(),
  notify: z
    .strictObject({
      webhook: z
        .strictObject({
          url: z
            .url({ protocol: /^https?$/, error: 'expected a URL that begins with https:// or http://' })
            .optional()
            .meta({ description: 'Where notices are posted; a URL that is a secret itself goes to urlRef.' }),
          urlRef: reference
            .optional()
            .meta({ description: 'Where the URL is read, when the URL itself is a secret (Slack).' }),
        })
        .optional(),
      email: z
        .strictObject({
          host: host.meta({ description: 'Mail server.' }),
          port: port.optional().meta({ description: 'Port of the mail server.', default: DEFAULTS.mailPort }),
          from: z.email({ error: 'expected an e-mail address' }).meta({ description: 'Sender.' }),
          to: z
            .array(z.email({ error: 'expected an e-mail address' }))
            .min(1)
            .meta({ description: 'Who is told.' }),
          credentialRef: credentialRef.optional(),
        })
        .optional(),
    })
    .optional(),
});

export const configurationSchema = z.strictObject({
  version: z
    .literal(1, {
      error: ({ input }) => (input === undefined ? undefined : `this Holdfast reads version 1, not ${shown(input)}`),
    })
    .meta({ description: 'Version of this format: 1.' }),
  timezone: text.meta({ description: 'IANA time zone of every schedule that names none.' }),
  platform: platform.optional().meta({ description: 'Where the platform runs, its API, limits and channels.' }),
  locations: z.record(name, location).meta({ description: 'Storage locations by name.' }),
  classes: z
    .strictObject({
      critical: classLines.optional(),
      high: classLines.optional(),
      medium: classLines.optional(),
      low: classLines.optional(),
    })
    .optional()
    .meta({ description: 'Service levels; a level that is not given here has the built-in objectives.' }),
  engines: z.record(z.string(), engineDefaults).optional().meta({ description: 'Defaults per kind of data store.' }),
  rules: z
    .strictObject({
      packs: z.array(text).optional().meta({
        description:
          'Built-in rule packs in force here: `ru-152-fz`, `ru-accounting`, `policy-7y`. The baseline always is.',
      }),
      own: z.array(ownRule).optional().meta({ description: 'Own rules; they are policy and never shown as law.' }),
    })
    .optional(),
  services: z.record(name, service).meta({ description: 'Services with their data stores.' }),
});

export type ConfigurationFile = z.infer<typeof configurationSchema>;
export type StoreLines = z.infer<typeof store>;
export type PolicyLines = z.infer<typeof classLines>;
export type OwnRule = z.infer<typeof ownRule>;
export type LocationLines = z.infer<typeof location>;
