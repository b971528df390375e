// Reads every row of every table of a restored cluster: each page is fetched and its checksum tested on the way.

import { HoldfastError, hasErrorName } from '../../../domain/errors.ts';
import type { ScratchServer } from '../scratch-server.ts';

export interface TablesRead {
  readonly databases: number;
  readonly tables: number;
  readonly rows: bigint;
}

/** Tables and materialized views; a partitioned table's rows lie in its partitions, a foreign table's elsewhere. */
const LIST_TABLES = `
  SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE (c.relkind = 'r' OR (c.relkind = 'm' AND c.relispopulated)) AND c.relpersistence = 'p'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%'
  ORDER BY 1`;

/** @throws DumpToolFailed; its fact `isEnvironment` tells a missing library from damaged data */
export async function readEveryTable(server: ScratchServer): Promise<TablesRead> {
  const first = await server.connect('template1');
  const databases = await first
    .query('SELECT datname FROM pg_database WHERE datallowconn ORDER BY datname')
    .finally(() => first.close());
  let tables = 0;
  let rows = 0n;
  for (const { datname } of databases) {
    const read = await readDatabase(server, datname ?? '');
    tables += read.tables;
    rows += read.rows;
  }
  return { databases: databases.length, tables, rows };
}

async function readDatabase(
  server: ScratchServer,
  database: string,
): Promise<{ readonly tables: number; readonly rows: bigint }> {
  const connection = await server.connect(database);
  let table = '';
  try {
    const names = await connection.query(LIST_TABLES);
    let rows = 0n;
    for (const { name } of names) {
      table = name ?? '';
      const [row] = await connection.query(`SELECT count(*) AS rows FROM ONLY ${table}`);
      rows += BigInt(row?.['rows'] ?? 0);
    }
    return { tables: names.length, rows };
  } catch (error) {
    if (hasErrorName(error, 'ExecutionStopped')) throw error;
    const said = error instanceof Error ? error.message : String(error);
    const isEnvironment = /could not (access|load) (file|library)|incompatible|locale/i.test(said);
    throw new HoldfastError(
      'DumpToolFailed',
      `unable to read '${table}' of the restored database '${database}': ${said}`,
      { isEnvironment },
      { cause: error },
    );
  } finally {
    await connection.close();
  }
}
