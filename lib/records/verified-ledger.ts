// When the packs of each attempt were last read and verified, per location, and which were found damaged. Decides which older packs
// a backup must read again before it may call itself completed (DESIGN 1.1), and which it must not build upon.

import type { Catalog } from '../ports/catalog.ts';
import { decideAndWrite, load, putOver } from './items.ts';
import { verifiedKey } from './keys.ts';

interface Ledger {
  readonly attempts: Readonly<Record<string, string>>;
  /** Attempts with a wrong or missing byte at this location, until they read clean again. */
  readonly damaged?: Readonly<Record<string, string>>;
}

export async function verifiedDates(
  catalog: Catalog,
  store: string,
  location: string,
): Promise<Readonly<Record<string, string>>> {
  return (await load<Ledger>(catalog, verifiedKey(store, location)))?.value.attempts ?? {};
}

export async function damagedAttempts(catalog: Catalog, store: string, location: string): Promise<readonly string[]> {
  return Object.keys((await load<Ledger>(catalog, verifiedKey(store, location)))?.value.damaged ?? {});
}

/** Writes newer dates only: an older verification that reports late proves nothing new. */
export async function noteVerified(
  catalog: Catalog,
  store: string,
  location: string,
  attempts: readonly string[],
  at: string,
): Promise<void> {
  await change(catalog, store, location, (ledger) => {
    const isNews = (attempt: string): boolean =>
      (ledger.attempts[attempt] ?? '') < at && (ledger.damaged?.[attempt] ?? '') < at;
    const news = attempts.filter(isNews);
    if (news.length === 0) return undefined;
    const dates = Object.fromEntries(news.map((attempt) => [attempt, at]));
    return { attempts: { ...ledger.attempts, ...dates }, damaged: without(ledger.damaged, news) };
  });
}

/** From now on these attempts are read again by whoever needs them, and no new backup deduplicates against them. */
export async function noteDamaged(
  catalog: Catalog,
  store: string,
  location: string,
  attempts: readonly string[],
  at: string,
): Promise<void> {
  await change(catalog, store, location, (ledger) => ({
    attempts: without(ledger.attempts, attempts),
    damaged: { ...ledger.damaged, ...Object.fromEntries(attempts.map((attempt) => [attempt, at])) },
  }));
}

async function change(
  catalog: Catalog,
  store: string,
  location: string,
  decide: (ledger: Ledger) => Ledger | undefined,
): Promise<void> {
  const key = verifiedKey(store, location);
  await decideAndWrite(catalog, async () => {
    const current = await load<Ledger>(catalog, key);
    const next = decide(current?.value ?? { attempts: {} });
    return { result: undefined, writes: next === undefined ? [] : [putOver(key, next, current)] };
  });
}

const without = (
  dates: Readonly<Record<string, string>> | undefined,
  attempts: readonly string[],
): Record<string, string> =>
  Object.fromEntries(Object.entries(dates ?? {}).filter(([attempt]) => !attempts.includes(attempt)));
