// A loaded configuration: every value effective, every location and store named, ready to be used by the platform.

import type { LocationPolicy, SkippedStore, StorePolicy } from '../../domain/store-policy.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { KnownEngine } from './known-engines.ts';
import type { LevelName } from './levels.ts';
import type { Problem } from './problem.ts';

/** What loading needs to know of an engine; the engine port has it all. */
export interface ConfigurableEngine {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly methods: readonly {
    readonly method: string;
    readonly backupTypes: readonly string[];
    readonly hasLogArchive: boolean;
  }[];
  parseSettings(method: string, settings: Readonly<Record<string, unknown>>): JsonObject;
}

export interface EngineLookup {
  readonly built: readonly ConfigurableEngine[];
  /** Engines that may be named although they are not built yet; KNOWN_ENGINES unless given. */
  readonly known?: Readonly<Record<string, KnownEngine>>;
}

/** One effective value and where it was defined. */
export interface Origin {
  /** `rpo`, `keep.daily`, `source.host`. */
  readonly key: string;
  /** As a person would write it. */
  readonly value: string;
  readonly level: LevelName;
  /** Undefined for built-in defaults. */
  readonly line: number | undefined;
  readonly column: number | undefined;
}

export interface ConfiguredStore extends StorePolicy {
  /** False: the file may name this engine and method, a run answers CapabilityUnsupported. */
  readonly isBuilt: boolean;
  /** Wish for log archiving and how long logs are kept (ISO period). */
  readonly log: { readonly keep: string | undefined } | undefined;
  readonly drill: 'weekly' | 'monthly' | 'quarterly' | 'yearly' | undefined;
  readonly origins: readonly Origin[];
}

export interface NotifySettings {
  readonly webhook: { readonly url: string | undefined; readonly urlRef: string | undefined } | undefined;
  readonly email:
    | {
        readonly host: string;
        readonly port: number;
        readonly from: string;
        readonly to: readonly string[];
        readonly credentialRef: string | undefined;
      }
    | undefined;
}

export interface Configuration {
  readonly file: string;
  /** Folder of the file: relative paths were resolved against it. */
  readonly folder: string;
  readonly timeZone: string;
  /** Country the platform runs in; undefined when nobody said so. */
  readonly country: string | undefined;
  readonly api: { readonly host: string; readonly port: number };
  readonly limits: {
    readonly concurrentBackups: number;
    readonly queueLength: number;
    readonly workerMemoryBytes: number;
    readonly workerSeconds: number;
  };
  readonly notify: NotifySettings;
  readonly packs: readonly string[];
  readonly locations: readonly LocationPolicy[];
  readonly stores: readonly ConfiguredStore[];
  readonly skipped: readonly SkippedStore[];
  /** What a person should know and that does not refuse the file. */
  readonly warnings: readonly Problem[];
}
