// Notes damaged bytes in the verified ledger, so that nothing new is built upon them and whoever needs them reads them again.

import type { UnitResult } from '../domain/backup-record.ts';
import { damagedKey, isDamage } from '../domain/damage.ts';
import { isoNow } from '../ports/clock.ts';
import type { Clock } from '../ports/clock.ts';
import type { Catalog } from '../ports/catalog.ts';
import { noteDamaged } from './verified-ledger.ts';

interface Place {
  readonly store: string;
  readonly location: string;
  readonly unit: UnitResult;
}

/** Runs `read`; when it finds damage, notes whose attempt it was before the error goes on. */
export async function notingDamage<T>(
  { catalog, clock }: { readonly catalog: Catalog; readonly clock: Clock },
  { store, location, unit }: Place,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isDamage(error)) {
      // An error that names no object may be about any of them: then all are suspected, which only costs reading them again.
      const named = attemptOfKey(damagedKey(error) ?? '');
      const suspects = named === undefined ? [unit.attempt, ...unit.needsAttempts] : [named];
      await noteDamaged(catalog, store, location, [...new Set(suspects)], isoNow(clock));
    }
    throw error;
  }
}

/** Objects of an attempt carry its name behind their kind: `<store>/packs/<attempt>/00000`. */
const attemptOfKey = (key: string): string | undefined => /\/(?:packs|keys|indexes|manifests)\/([^/]+)/.exec(key)?.[1];
