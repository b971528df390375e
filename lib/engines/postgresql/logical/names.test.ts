// Names of databases and tables on their way to units, files, statements and arguments: none can become anything but a name.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { databaseUnit, dumpFile, isDatabaseUnit } from './layout.ts';
import { matchesPattern, quoteIdentifier, selectTables } from './tables.ts';
import { derivedName } from './target-server.ts';
import { quotedDatabaseArgument } from './tool-environment.ts';

const anyName = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((name) => !name.includes('\0'));

/** As libpq reads a connection string: keyword, equals, quoted value with backslash escapes, nothing after it. */
function readConnectionString(text: string): string | undefined {
  const match = /^dbname='((?:[^'\\]|\\.)*)'$/su.exec(text);
  return match?.[1]?.replace(/\\(.)/gsu, '$1');
}

describe('database names', () => {
  test('any name as an argument - reads back as that name alone', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const argument = quotedDatabaseArgument(name);
        expect(argument.startsWith('--dbname=')).toBe(true);
        expect(readConnectionString(argument.slice('--dbname='.length))).toBe(name);
      }),
    );
  });

  test('any two names - two units and two files, each a plain path component', () => {
    fc.assert(
      fc.property(anyName, anyName, (one, other) => {
        expect(databaseUnit(one) === databaseUnit(other)).toBe(one === other);
        expect(dumpFile(one) === dumpFile(other)).toBe(one === other);
        expect(isDatabaseUnit(databaseUnit(one))).toBe(true);
        for (const part of [databaseUnit(one).slice('database/'.length), dumpFile(one)]) {
          expect(part).toMatch(/^[^./][^/\0]*$/);
        }
      }),
    );
  });

  test('a derived name - fits the server, keeps its stamp, never splits a character', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const derived = derivedName(name, 'restored', Date.parse('2026-01-02T03:04:05Z'));
        expect(Buffer.byteLength(derived)).toBeLessThanOrEqual(63);
        expect(derived.endsWith('_restored_20260102030405')).toBe(true);
        expect(derived.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('table names', () => {
  const tables = [
    { schema: 'public', name: 'orders' },
    { schema: 'shop', name: 'orders' },
    { schema: 'shop', name: 'log.2026' },
  ];

  test('quoted - a quote inside cannot end it', () => {
    expect(quoteIdentifier('a"; DROP TABLE b; --')).toBe('"a""; DROP TABLE b; --"');
  });

  test.each([
    ['orders', ['public.orders']],
    ['shop.orders', ['shop.orders']],
    ['*.orders', ['public.orders', 'shop.orders']],
    ['shop.log.????', ['shop.log.2026']],
    ['shop.*', ['shop.orders', 'shop.log.2026']],
    ['shop.ORDERS', []],
    ['shop.order(s)', []],
    ['.*', []],
  ])('pattern %s', (pattern, expected) => {
    const matched = tables
      .filter((table) => matchesPattern(table, pattern))
      .map(({ schema, name }) => `${schema}.${name}`);

    expect(matched).toEqual(expected);
  });

  test('a table that is not there - NotFound', () => {
    expect(selectTables(tables, ['orders', 'shop.log.2026'])).toEqual([tables[0], tables[2]]);
    expect(() => selectTables(tables, ['missing'])).toThrow(expect.objectContaining({ name: 'NotFound' }));
  });
});
