// The bundle of ports that every step gets: one cloud, the engines and the policies. Built in lib/app/wiring.ts only.

import type { LocationPolicy, SkippedStore, StorePolicy } from '../domain/store-policy.ts';
import type { Catalog } from './catalog.ts';
import type { Clock } from './clock.ts';
import type { Engine } from './engine.ts';
import type { FlowRunner } from './flow-runner.ts';
import type { IdSource } from './id-source.ts';
import type { KeyProvider } from './key-provider.ts';
import type { Leases } from './lease.ts';
import type { Notifier } from './notifier.ts';
import type { ObjectStore } from './object-store.ts';
import type { SecretSource } from './secret-source.ts';
import type { Log } from './telemetry.ts';
import type { WorkerHost } from './worker-host.ts';

/** What a cloud gives; one folder under lib/clouds builds one of these. */
export interface Cloud {
  readonly name: string;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly catalog: Catalog;
  readonly leases: Leases;
  readonly flows: FlowRunner;
  readonly workers: WorkerHost;
  readonly secrets: SecretSource;
  /** @throws NotFound for a location the configuration does not know */
  location(name: string): ObjectStore;
  /** The provider that wraps keys for copies at this location. */
  keysOf(location: string): KeyProvider;
  /** Public half of the recovery key: the second recipient of every data key. Undefined before `init`. */
  readonly recoveryRecipient: KeyRecipient | undefined;
  /** Where workers keep bytes for a moment; its country is a compliance fact. */
  readonly staging: { readonly directory: string; readonly country: string | undefined };
}

/** Wraps only: whoever holds this cannot read any backup. */
export interface KeyRecipient {
  readonly keyId: string;
  wrap(dataKey: Uint8Array, context: Readonly<Record<string, string>>): Promise<import('./key-provider.ts').WrappedKey>;
}

export interface Policies {
  stores(): readonly StorePolicy[];
  /** @throws NotFound with the nearest names */
  store(name: string): StorePolicy;
  /** Stores that the configuration names and leaves out, each with its reason: shown, so that nobody takes silence for cover. */
  skipped(): readonly SkippedStore[];
  locations(): readonly LocationPolicy[];
  readonly limits: {
    readonly concurrentBackups: number;
    readonly queueLength: number;
    readonly workerMemoryBytes: number;
    readonly workerSeconds: number;
    /** Sizes of stored objects; the measured defaults unless given. */
    readonly repository?: { readonly packBytes?: number; readonly segmentBytes?: number };
  };
}

export interface Platform extends Cloud {
  /** By name or alias. @throws CapabilityUnsupported naming the engines there are */
  engine(name: string): Engine;
  readonly policies: Policies;
  readonly notifiers: readonly Notifier[];
  readonly log: Log;
}
