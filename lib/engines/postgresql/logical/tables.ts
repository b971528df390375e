// The tables of a database whose rows a dump must hold, and what is asked to be left out of it.

import { HoldfastError } from '../../../domain/errors.ts';
import type { PostgresqlConnection } from '../../../protocols/postgresql/connection.ts';

export interface Table {
  readonly schema: string;
  readonly name: string;
}

/**
 * Ordinary tables and partitions that are neither temporary nor part of an extension. Rows of a partitioned table lie in its partitions,
 * those of a foreign table elsewhere; a materialized view is computed anew by a restore.
 */
const LIST_TABLES = `
  SELECT n.nspname AS schema, c.relname AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND (c.relpersistence = 'p' OR (c.relpersistence = 'u' AND NOT pg_is_in_recovery()))
    AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  ORDER BY 1, 2`;

export async function listTables(connection: PostgresqlConnection): Promise<readonly Table[]> {
  const rows = await connection.query(LIST_TABLES);
  return rows.map((row) => ({ schema: row['schema'] ?? '', name: row['name'] ?? '' }));
}

export const tableText = ({ schema, name }: Table): string => `${schema}.${name}`;

export const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const quoteTable = ({ schema, name }: Table): string => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;

/** `schema.table` with `*` and `?`; without a schema, of `public`. Matching is exact in case: a pattern means what it says. */
export function matchesPattern(table: Table, pattern: string): boolean {
  const whole = pattern.includes('.') ? pattern : `public.${pattern}`;
  const escaped = whole
    .replace(/[\\^$+()[\]{}|.]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${escaped}$`, 's').test(tableText(table));
}

/** Tables a person named; every name must be there. @throws NotFound */
export function selectTables(tables: readonly Table[], names: readonly string[]): readonly Table[] {
  const chosen = names.map((name) => {
    const found =
      tables.find((table) => tableText(table) === name) ??
      tables.find((table) => table.schema === 'public' && table.name === name);
    if (!found) throw new HoldfastError('NotFound', `unable to find table '${name}' in the backup`, { table: name });
    return found;
  });
  return [...new Set(chosen)];
}
