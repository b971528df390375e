// Aligned tables that fit the terminal: a column that does not fit is left out by its rank, never wrapped.

import { padText, textWidth } from './text-width.ts';

export interface Column<R> {
  readonly title: string;
  cell(row: R): string;
  /** Colours a padded cell; its width must not change. */
  paint?(row: R, text: string): string;
  readonly align?: 'left' | 'right';
  /** Left out first when the table is too wide; 0 stays always. */
  readonly rank?: number;
}

const GAP = '  ';

export function tableLines<R>(
  rows: readonly R[],
  columns: readonly Column<R>[],
  width: number,
  indent = '  ',
): readonly string[] {
  const shown = fitting(rows, columns, width - indent.length);
  const widths = shown.map((column) => widthOf(rows, column));
  const head = shown.map((column, index) => padText(column.title, widths[index] ?? 0, column.align));
  const body = rows.map((row) =>
    shown.map((column, index) => {
      const text = padText(oneLine(column.cell(row)), widths[index] ?? 0, column.align);
      return column.paint === undefined ? text : column.paint(row, text);
    }),
  );
  return [head, ...body].map((cells) => `${indent}${cells.join(GAP)}`.trimEnd());
}

function fitting<R>(rows: readonly R[], columns: readonly Column<R>[], width: number): readonly Column<R>[] {
  let shown = [...columns];
  for (;;) {
    const total = shown.reduce((sum, column) => sum + widthOf(rows, column) + GAP.length, -GAP.length);
    const victim = shown
      .filter((column) => (column.rank ?? 0) > 0)
      .toSorted((left, right) => (right.rank ?? 0) - (left.rank ?? 0))[0];
    if (total <= width || victim === undefined) return shown;
    shown = shown.filter((column) => column !== victim);
  }
}

const widthOf = <R>(rows: readonly R[], column: Column<R>): number =>
  Math.max(column.title.length, ...rows.map((row) => textWidth(oneLine(column.cell(row)))));

/** Cells come from records: a control character in a name must not move the cursor. */
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\uFFFD');

/** Two columns of labels and values, for what has one record. */
export function factLines(facts: readonly (readonly [string, string | undefined])[], indent = '  '): readonly string[] {
  const known = facts.filter((fact): fact is readonly [string, string] => fact[1] !== undefined);
  const width = Math.max(0, ...known.map(([label]) => textWidth(label)));
  return known.map(([label, value]) => `${indent}${padText(label, width)}  ${oneLine(value)}`.trimEnd());
}
