// For whom a record is shown: the caller's language, and the zone in which people of its store read times.

import type { Platform } from '../../ports/platform.ts';
import type { Language } from './language.ts';

export interface Viewer {
  readonly language: Language;
  zoneOf(store: string): string;
  /** Kinds of targets that an engine's method can restore to. */
  targetsOf(engine: string, method: string): readonly string[];
}

const DEFAULT_ZONE = 'UTC';

export const viewerFor = ({
  platform,
  language,
}: {
  readonly platform: Platform;
  readonly language: Language;
}): Viewer => ({
  language,
  // A record outlives its policy: a store that is gone from the configuration is shown in UTC.
  targetsOf: (engine, name) =>
    platform.engine(engine).methods.find(({ method }) => method === name)?.restoreTargets ?? [],
  zoneOf: (name) =>
    platform.policies.stores().find(({ store }) => store === name)?.schedules[0]?.timeZone ?? DEFAULT_ZONE,
});
