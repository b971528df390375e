// When the packs of each attempt were last read and verified, per location. Decides which older packs a backup must read again
// before it may call itself completed (DESIGN 1.1), and what the oldest such date is.

import type { Catalog } from '../ports/catalog.ts';
import { decideAndWrite, load, putOver } from './items.ts';
import { verifiedKey } from './keys.ts';

interface Ledger {
  readonly attempts: Readonly<Record<string, string>>;
}

export async function verifiedDates(
  catalog: Catalog,
  store: string,
  location: string,
): Promise<Readonly<Record<string, string>>> {
  return (await load<Ledger>(catalog, verifiedKey(store, location)))?.value.attempts ?? {};
}

/** Writes newer dates only: an older verification that reports late proves nothing new. */
export async function noteVerified(
  catalog: Catalog,
  store: string,
  location: string,
  attempts: readonly string[],
  at: string,
): Promise<void> {
  await decideAndWrite(catalog, async () => {
    const ledger = await load<Ledger>(catalog, verifiedKey(store, location));
    const dates = { ...ledger?.value.attempts };
    const isNews = attempts.filter((attempt) => (dates[attempt] ?? '') < at);
    if (isNews.length === 0) return { result: undefined, writes: [] };
    for (const attempt of isNews) dates[attempt] = at;
    return { result: undefined, writes: [putOver(verifiedKey(store, location), { attempts: dates }, ledger)] };
  });
}
