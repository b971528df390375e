// The catalog in one SQLite file. Several processes use it at once; what transact() has answered survives a power loss.

import { closeSync, openSync } from 'node:fs';
import type { StatementSync } from 'node:sqlite';
import { DatabaseSync } from 'node:sqlite';

import { HoldfastError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Catalog, Condition, Item, ItemKey, Query, Write } from '../../ports/catalog.ts';
import { PRIVATE_FILE } from './durable-files.ts';
import { isBusy, sqliteCodeOf } from './sqlite-error.ts';

/** Writers of other processes take milliseconds; whoever waits longer stands behind a stuck disk and should hear of it. */
const BUSY_MILLISECONDS_MAX = 5_000;
/** Opening a new file from several processes at once can be refused without waiting; each try then waits a little. */
const OPEN_TRIES_MAX = 50;
const OPEN_PAUSE_MILLISECONDS = 20;
/** A page ends early at this size: a thousand items of the largest size would be 350 MB. */
const PAGE_BYTES_MAX = 16 * 1024 * 1024;
/** DynamoDB's bounds, kept here too, so that what works locally works there. */
const PARTITION_BYTES_MAX = 2048;
const SORT_BYTES_MAX = 1024;
const SCHEMA_VERSION = 1;

export interface CatalogBounds {
  /** How long a writer waits for another one. */
  readonly busyMilliseconds?: number;
  /** The file grows to so many pages of 4 KiB at most. */
  readonly pagesMax?: number;
}

interface Row {
  readonly sort: string;
  readonly revision: number;
  readonly value: string;
}

export class SqliteCatalog implements Catalog {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #select: StatementSync;
  readonly #upsert: StatementSync;
  readonly #ascending: StatementSync;
  readonly #descending: StatementSync;

  /** Opens the file or makes it. @throws CatalogUnavailable */
  constructor(path: string, bounds: CatalogBounds = {}) {
    this.#path = path;
    this.#database = this.#translated(() => open(path, bounds));
    const prepare = (sql: string): StatementSync => this.#translated(() => this.#database.prepare(sql));
    this.#select = prepare('SELECT sort, revision, value FROM items WHERE partition = ? AND sort = ?');
    this.#upsert = prepare(
      'INSERT INTO items (partition, sort, revision, value) VALUES (?, ?, ?, ?) ' +
        'ON CONFLICT (partition, sort) DO UPDATE SET revision = excluded.revision, value = excluded.value',
    );
    // Bounds that need no OR are the ones SQLite seeks by: any page costs the same, however long the partition is.
    const page =
      'SELECT sort, revision, value FROM items WHERE partition = ? AND sort >= max(?, ?) AND sort < min(?, ?)';
    this.#ascending = prepare(`${page} ORDER BY sort ASC`);
    this.#descending = prepare(`${page} ORDER BY sort DESC`);
  }

  async get(key: ItemKey): Promise<Item | undefined> {
    assertKey(key);
    return this.#translated(() => this.#read(key));
  }

  async transact(writes: readonly Write[]): Promise<void> {
    const values = writes.map((write) => (write.kind === 'put' ? encode(write.key, write.value) : ''));
    assertTransaction(writes);
    this.#translated(() => {
      // IMMEDIATE takes the write lock before the first read: what the conditions saw is still true when the writes happen.
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        const found = writes.map((write) => this.#read(write.key));
        writes.forEach((write, index) => assertCondition(write, found[index]));
        writes.forEach((write, index) => {
          if (write.kind !== 'put') return;
          const revision = (found[index]?.revision ?? 0) + 1;
          this.#upsert.run(write.key.partition, write.key.sort, revision, values[index] ?? '');
        });
        this.#database.exec('COMMIT');
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  async query(query: Query): Promise<{ readonly items: readonly Item[]; readonly next?: string }> {
    const limit = Math.min(query.limit ?? LIMITS.pageItemsMax, LIMITS.pageItemsMax);
    if (!(limit >= 1))
      throw new HoldfastError('InvalidRequest', 'unable to query the catalog: the limit must be at least 1', { limit });
    return this.#translated(() => {
      const items: Item[] = [];
      let bytes = 0;
      for (const row of this.#rows(query)) {
        bytes += row.value.length;
        const last = items.at(-1);
        if (last !== undefined && (items.length >= limit || bytes > PAGE_BYTES_MAX))
          return { items, next: last.key.sort };
        items.push(toItem(query.partition, row));
      }
      return { items };
    });
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #read(key: ItemKey): Item | undefined {
    const row = this.#select.get(key.partition, key.sort) as Row | undefined;
    return row === undefined ? undefined : toItem(key.partition, row);
  }

  #rows({ partition, prefix = '', after, newestFirst = false }: Query): Iterable<Row> {
    const end = firstAfterPrefix(prefix) ?? ABOVE_ALL_TEXT;
    const rows = newestFirst
      ? this.#descending.iterate(partition, prefix, '', end, after ?? ABOVE_ALL_TEXT)
      : // Keys hold no NUL, so the text right above `after` is `after` with one.
        this.#ascending.iterate(partition, prefix, after === undefined ? '' : `${after}\0`, end, ABOVE_ALL_TEXT);
    return rows as Iterable<unknown> as Iterable<Row>;
  }

  /** The one place where SQLite's errors become ours. */
  #translated<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof HoldfastError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new HoldfastError(
        'CatalogUnavailable',
        `unable to use catalog '${this.#path}': ${reason}`,
        { sqliteCode: sqliteCodeOf(error) },
        { cause: error },
      );
    }
  }
}

function open(path: string, bounds: CatalogBounds): DatabaseSync {
  // Made by us first, so that it is never readable by others; SQLite gives its side files the same mode.
  closeSync(openSync(path, 'a', PRIVATE_FILE));
  for (let left = OPEN_TRIES_MAX; ; left -= 1) {
    const database = new DatabaseSync(path, { timeout: bounds.busyMilliseconds ?? BUSY_MILLISECONDS_MAX });
    try {
      // Readers never wait for a writer, and every commit reaches the disk before it is answered.
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
      if (bounds.pagesMax !== undefined) database.exec(`PRAGMA max_page_count = ${bounds.pagesMax}`);
      prepareSchema(database, path);
      return database;
    } catch (error) {
      database.close();
      if (left === 0 || !isBusy(error)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, OPEN_PAUSE_MILLISECONDS);
    }
  }
}

function prepareSchema(database: DatabaseSync, path: string): void {
  database.exec('BEGIN IMMEDIATE');
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > SCHEMA_VERSION) {
    throw new HoldfastError(
      'CatalogUnavailable',
      `unable to use catalog '${path}': a newer version of Holdfast wrote it`,
      { version },
    );
  }
  database.exec(
    'CREATE TABLE IF NOT EXISTS items (partition TEXT NOT NULL, sort TEXT NOT NULL, revision INTEGER NOT NULL, value TEXT NOT NULL, ' +
      `PRIMARY KEY (partition, sort)) WITHOUT ROWID, STRICT; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`,
  );
}

/** SQLite orders every blob above every text. */
const ABOVE_ALL_TEXT = new Uint8Array(0);

const toItem = (partition: string, row: Row): Item => ({
  key: { partition, sort: row.sort },
  value: JSON.parse(row.value) as JsonObject,
  revision: row.revision,
});

function assertKey(key: ItemKey): void {
  const isGood = isKeyPart(key.partition, PARTITION_BYTES_MAX) && isKeyPart(key.sort, SORT_BYTES_MAX);
  if (!isGood)
    throw new HoldfastError('InvalidRequest', 'unable to use a catalog key: empty, too long or not well-formed text', {
      ...key,
    });
}

const isKeyPart = (text: string, bytesMax: number): boolean =>
  text !== '' && text.isWellFormed() && !text.includes('\0') && Buffer.byteLength(text) <= bytesMax;

function encode(key: ItemKey, value: JsonObject): string {
  const text = JSON.stringify(value);
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes <= LIMITS.catalogItemBytesMax) return text;
  throw new HoldfastError('InvalidRequest', `unable to write catalog item '${key.sort}': it is too large`, {
    ...key,
    sizeBytes,
  });
}

function assertTransaction(writes: readonly Write[]): void {
  for (const write of writes) assertKey(write.key);
  const keys = new Set(writes.map((write) => JSON.stringify([write.key.partition, write.key.sort])));
  if (writes.length >= 1 && writes.length <= LIMITS.transactionWritesMax && keys.size === writes.length) return;
  throw new HoldfastError(
    'InvalidRequest',
    'unable to write to the catalog: a transaction has 1 to 10 writes of different items',
    { writes: writes.length },
  );
}

function assertCondition(write: Write, found: Item | undefined): void {
  if (holds(write.condition, found)) return;
  const { partition, sort } = write.key;
  throw new HoldfastError(
    'ConditionFailed',
    `unable to write catalog item '${sort}': its condition '${write.condition.kind}' does not hold`,
    {
      partition,
      sort,
    },
  );
}

function holds(condition: Condition, found: Item | undefined): boolean {
  switch (condition.kind) {
    case 'any':
      return true;
    case 'absent':
      return found === undefined;
    case 'present':
      return found !== undefined;
    case 'revision':
      return found?.revision === condition.revision;
    case 'equals':
      return (
        found !== undefined && Object.entries(condition.fields).every(([name, field]) => found.value[name] === field)
      );
  }
}

/** The smallest text above everything that begins with the prefix, in byte order; undefined when there is none. */
function firstAfterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue;
    // Surrogates are no characters: UTF-8 goes from U+D7FF straight to U+E000.
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}
