// Choosing one table out of an archive: what it needs comes along, what merely reads it does not.
import { describe, expect, test } from '@jest/globals';

import type { ArchiveEntry } from '../../../protocols/postgresql/dump-archive.ts';
import { listFileText, selectEntries } from './select-entries.ts';

let nextId = 0;
function entry(
  description: string,
  tag: string,
  dependencies: readonly ArchiveEntry[] = [],
  namespace = 'shop',
): ArchiveEntry {
  return {
    dumpId: ++nextId,
    hasData: description === 'TABLE DATA',
    tag,
    description,
    namespace,
    owner: '',
    tablespace: '',
    dependencies: dependencies.map((need) => need.dumpId),
    isCopy: true,
  };
}

const schema = entry('SCHEMA', 'shop', [], '');
const unused = entry('SCHEMA', 'unused', [], '');
const state = entry('TYPE', 'state');
const touch = entry('FUNCTION', 'touch()');
const customers = entry('TABLE', 'customers');
const orders = entry('TABLE', 'orders', [state]);
const sequence = entry('SEQUENCE', 'orders_id_seq', [orders]);
const owned = entry('SEQUENCE OWNED BY', 'orders_id_seq', [orders, sequence]);
const fallback = entry('DEFAULT', 'orders id', [orders, sequence]);
const view = entry('VIEW', 'totals', [orders]);
const viewComment = entry('COMMENT', 'VIEW totals', [view]);
const grant = entry('ACL', 'TABLE orders', [orders]);
const customerRows = entry('TABLE DATA', 'customers', [customers]);
const orderRows = entry('TABLE DATA', 'orders', [orders]);
const value = entry('SEQUENCE SET', 'orders_id_seq', [sequence]);
const customerKey = entry('CONSTRAINT', 'customers customers_pkey', [customers]);
const orderKey = entry('CONSTRAINT', 'orders orders_pkey', [orders]);
const index = entry('INDEX', 'orders_by_time', [orders]);
const trigger = entry('TRIGGER', 'orders touched', [orders, touch]);
const foreignKey = entry('FK CONSTRAINT', 'orders orders_customer_fkey', [orders, customerKey]);
const ALL = [
  schema,
  unused,
  state,
  touch,
  customers,
  orders,
  sequence,
  owned,
  fallback,
  view,
  viewComment,
  grant,
  customerRows,
  orderRows,
  value,
  customerKey,
  orderKey,
  index,
  trigger,
  foreignKey,
];

const chosenOf = (...names: string[]) => {
  const selection = selectEntries(
    ALL,
    names.map((name) => ({ schema: 'shop', name })),
  );
  return { ...selection, entries: ALL.filter((one) => selection.dumpIds.includes(one.dumpId)) };
};

describe('selected tables', () => {
  test('one table - with what it needs and what belongs to it, in the order of the archive', () => {
    const { entries, dumpIds, leftOut } = chosenOf('orders');

    expect(entries).toEqual([
      schema,
      state,
      touch,
      orders,
      sequence,
      owned,
      fallback,
      grant,
      orderRows,
      value,
      orderKey,
      index,
      trigger,
    ]);
    expect(dumpIds).toEqual([...dumpIds].sort((left, right) => left - right));
    expect(leftOut).toEqual(['FK CONSTRAINT orders orders_customer_fkey']);
  });

  test('both ends of a key - the key comes too', () => {
    const { entries, leftOut } = chosenOf('orders', 'customers');

    expect(entries).toContain(foreignKey);
    expect(leftOut).toEqual([]);
  });

  test('a list file - one number per line, nothing of a name in it', () => {
    expect(listFileText({ dumpIds: [3, 17], leftOut: [] })).toBe('3;\n17;\n');
  });
});
