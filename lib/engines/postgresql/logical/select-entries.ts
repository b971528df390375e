// Chooses from an archive's table of contents what belongs to some tables: the tables, what they need, their rows, keys and indexes.
// pg_restore's own --table takes neither keys nor indexes nor what a column's type needs.

import type { ArchiveEntry } from '../../../protocols/postgresql/dump-archive.ts';
import type { Table } from './tables.ts';
import { tableText } from './tables.ts';

export interface Selection {
  /** In the archive's order: its data blocks come in that order, and a stream cannot be read backwards. */
  readonly dumpIds: readonly number[];
  /** Keys and triggers that refer to tables that were not chosen. */
  readonly leftOut: readonly string[];
}

/** What comes with a table when it depends on it. Views and functions that read it do not. */
const BELONGS_TO_TABLE: ReadonlySet<string> = new Set([
  'TABLE DATA',
  'CONSTRAINT',
  'CHECK CONSTRAINT',
  'FK CONSTRAINT',
  'INDEX',
  'INDEX ATTACH',
  'TABLE ATTACH',
  'DEFAULT',
  'SEQUENCE',
  'SEQUENCE OWNED BY',
  'SEQUENCE SET',
  'TRIGGER',
  'RULE',
  'POLICY',
  'ROW SECURITY',
  'COMMENT',
  'ACL',
  'STATISTICS',
  'STATISTICS DATA',
]);
const TABLE_KINDS: ReadonlySet<string> = new Set(['TABLE', 'FOREIGN TABLE']);

export function selectEntries(entries: readonly ArchiveEntry[], tables: readonly Table[]): Selection {
  const byId = new Map(entries.map((entry) => [entry.dumpId, entry]));
  const names = new Set(tables.map(tableText));
  const chosen = new Set<number>();
  const takeWithNeeds = (entry: ArchiveEntry): void => {
    if (chosen.has(entry.dumpId)) return;
    chosen.add(entry.dumpId);
    for (const need of needsOf(entry, byId)) takeWithNeeds(need);
  };
  for (const entry of entries) if (isTable(entry) && names.has(nameOf(entry))) takeWithNeeds(entry);
  const leftOut = takeBelongings(entries, byId, chosen, takeWithNeeds);
  takeSchemas(entries, chosen);
  return { dumpIds: entries.filter((entry) => chosen.has(entry.dumpId)).map((entry) => entry.dumpId), leftOut };
}

/** The file that `pg_restore --use-list` reads. */
export const listFileText = ({ dumpIds }: Selection): string => `${dumpIds.map((id) => `${id};`).join('\n')}\n`;

const isTable = (entry: ArchiveEntry): boolean => TABLE_KINDS.has(entry.description);
const nameOf = (entry: ArchiveEntry): string => tableText({ schema: entry.namespace, name: entry.tag });

/** Rows of another table are never needed for a definition. */
const needsOf = (entry: ArchiveEntry, byId: ReadonlyMap<number, ArchiveEntry>): readonly ArchiveEntry[] =>
  entry.dependencies.flatMap((id) => byId.get(id) ?? []).filter((need) => !need.hasData);

/** Until nothing more is found: a sequence belongs to its table, and the sequence's value to the sequence. */
function takeBelongings(
  entries: readonly ArchiveEntry[],
  byId: ReadonlyMap<number, ArchiveEntry>,
  chosen: Set<number>,
  take: (entry: ArchiveEntry) => void,
): readonly string[] {
  for (let before = -1; before !== chosen.size;) {
    before = chosen.size;
    for (const entry of entries) {
      if (!chosen.has(entry.dumpId) && belongs(entry, chosen) && !foreignNeed(entry, byId, chosen)) take(entry);
    }
  }
  return entries
    .filter((entry) => !chosen.has(entry.dumpId) && belongs(entry, chosen))
    .map((entry) => `${entry.description} ${entry.tag}`);
}

const belongs = (entry: ArchiveEntry, chosen: ReadonlySet<number>): boolean =>
  BELONGS_TO_TABLE.has(entry.description) && entry.dependencies.some((id) => chosen.has(id));

/** A table, or a key of one, that was not chosen: taking it would bring in a table nobody asked for. */
function foreignNeed(
  entry: ArchiveEntry,
  byId: ReadonlyMap<number, ArchiveEntry>,
  chosen: ReadonlySet<number>,
): ArchiveEntry | undefined {
  return needsOf(entry, byId).find(
    (need) => !chosen.has(need.dumpId) && (isTable(need) || BELONGS_TO_TABLE.has(need.description)),
  );
}

/** A schema is no dependency in the archive, only a column of what lies in it. */
function takeSchemas(entries: readonly ArchiveEntry[], chosen: Set<number>): void {
  const used = new Set(entries.filter((entry) => chosen.has(entry.dumpId)).map((entry) => entry.namespace));
  for (const entry of entries) if (entry.description === 'SCHEMA' && used.has(entry.tag)) chosen.add(entry.dumpId);
}
