// Tests tables: aligned, never wider than the terminal, and safe against what names may hold.

import { describe, expect, test } from '@jest/globals';
import { factLines, tableLines } from './table.ts';
import type { Column } from './table.ts';

interface Row {
  readonly name: string;
  readonly size: number;
}

const columns: readonly Column<Row>[] = [
  { title: 'NAME', cell: (row) => row.name },
  { title: 'SIZE', cell: (row) => String(row.size), align: 'right' },
  { title: 'EXTRA', cell: () => 'x'.repeat(30), rank: 1 },
  { title: 'MORE', cell: () => 'y'.repeat(30), rank: 2 },
];
const rows: readonly Row[] = [
  { name: 'orders', size: 7 },
  { name: 'заказы', size: 12345 },
];

describe('tableLines', () => {
  test('rows of different width - aligned, numbers to the right, no blanks at the end', () => {
    expect(tableLines(rows, columns.slice(0, 2), 100)).toEqual([
      '  NAME     SIZE',
      '  orders      7',
      '  заказы  12345',
    ]);
  });

  test.each([100, 60, 30])('a terminal of %i columns - columns left out by rank until it fits', (width) => {
    for (const line of tableLines(rows, columns, width)) expect(line.length).toBeLessThanOrEqual(width);
  });

  test('left out - the highest rank first, unranked ones never', () => {
    expect(tableLines(rows, columns, 60)[0]).toBe('  NAME     SIZE  EXTRA');
    expect(tableLines(rows, columns, 10)[0]).toBe('  NAME     SIZE');
  });

  test('a name with control characters - cannot move the cursor', () => {
    const [, line = ''] = tableLines([{ name: 'a\u001b[2Jb\nc', size: 1 }], columns.slice(0, 1), 80);

    expect(line).not.toContain('\u001b');
    expect(line).not.toContain('\n');
  });

  test('paint - colours the padded cell and keeps the alignment', () => {
    const painted = tableLines(rows, [{ ...columns[0]!, paint: (_row, text) => `<${text}>` }, columns[1]!], 100);

    expect(painted[1]).toBe('  <orders>      7');
  });
});

describe('factLines', () => {
  test('facts - labels aligned, unknown ones left out', () => {
    expect(
      factLines([
        ['a', '1'],
        ['long', '2'],
        ['gone', undefined],
      ]),
    ).toEqual(['  a     1', '  long  2']);
  });
});
