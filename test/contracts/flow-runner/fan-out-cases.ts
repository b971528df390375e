// Flow cases: Map and Parallel, how many at once, in which order, and what a failure does to the siblings.

import { expect } from '@jest/globals';

import { HoldfastError } from '../../../lib/domain/errors.ts';
import type { FlowCase, Handler } from './flow-case.ts';

export const fanOutCases: readonly FlowCase[] = [
  {
    title: 'Map - each item gets its selection with index and value, outputs keep the order of the items',
    needs: [],
    killedBy: ['gives the items of a Map nothing'],
    machine: mapping('MaxConcurrency: 3'),
    input: { id: 'b1', items: ['a', 'b', 'c'] },
    handlers: {
      first: async (input, { clock }) => {
        await clock.sleep((3 - Number(input['index'])) * 1000);
        return input['item'] ?? null;
      },
      second: (input) => input,
    },
    expectation: ({ execution }) => {
      expect(execution.output).toEqual({
        id: 'b1',
        items: ['a', 'b', 'c'],
        mapped: ['a', 'b', 'c'].map((item, index) => ({ id: 'b1', index, item, first: item, again: index })),
      });
    },
  },
  {
    title: 'Map - no more items at once than MaxConcurrency, and no fewer',
    needs: ['exact-time'],
    killedBy: ['runs all items of a Map at once', 'runs one item of a Map after the other'],
    machine: mapping('MaxConcurrency: 2'),
    input: { id: 'b1', items: [1, 2, 3, 4, 5] },
    handlers: { first: peaking(), second: () => null },
    expectation: ({ marks }) => {
      const peaks = marks
        .filter((mark) => mark.startsWith('at once'))
        .map((mark) => Number(mark.slice('at once '.length)));
      expect(Math.max(...peaks)).toBe(2);
    },
  },
  {
    title: 'Map over nothing - gives an empty list and goes on',
    needs: [],
    killedBy: ['loses empty lists'],
    machine: mapping('MaxConcurrency: 2'),
    input: { id: 'b1', items: [] },
    handlers: {},
    expectation: ({ execution, calls }) => {
      expect(calls).toEqual([]);
      expect(execution).toMatchObject({ status: 'succeeded', output: { id: 'b1', items: [], mapped: [] } });
    },
  },
  {
    title: 'a failing Map - its siblings have ended before Catch begins',
    needs: ['signal', 'exact-time'],
    killedBy: ['does not wait for stopped siblings'],
    machine: mapping('MaxConcurrency: 3'),
    input: { id: 'b1', items: [0, 1, 2] },
    handlers: {
      first: async (input, { clock, note, task }) => {
        if (input['item'] === 1) {
          await clock.sleep(10_000);
          throw new HoldfastError('DumpIncomplete', 'no trailer');
        }
        try {
          await clock.sleep(100_000, task.signal);
        } finally {
          // Ending takes a moment, as closing a connection does.
          await clock.sleep(2000);
          note(`ended ${JSON.stringify(input['item'])}`);
        }
        return null;
      },
      second: () => null,
      caught: () => null,
    },
    expectation: ({ execution, marks }) => {
      expect(marks).toEqual(['begin:first', 'begin:first', 'begin:first', 'ended 0', 'ended 2', 'begin:caught']);
      expect(execution.output).toMatchObject({ error: { Error: 'DumpIncomplete' } });
    },
  },
  {
    title: 'a failing Map - queued items and later states of the siblings never begin',
    needs: ['exact-time'],
    killedBy: ['runs all items of a Map at once'],
    machine: mapping('MaxConcurrency: 2'),
    input: { id: 'b1', items: [0, 1, 2, 3, 4, 5] },
    handlers: {
      first: async (input, { clock }) => {
        await clock.sleep(10_000);
        if (input['item'] === 0) throw new HoldfastError('DumpIncomplete', 'no trailer');
        await clock.sleep(10_000);
        return null;
      },
      second: () => null,
      caught: async (_input, { clock }) => {
        await clock.sleep(600_000);
        return null;
      },
    },
    expectation: ({ marks }) => {
      expect(marks).toEqual(['begin:first', 'begin:first', 'begin:caught']);
    },
  },
  {
    title: 'a failing Map with a sibling that ignores its signal - goes on without it after a short grace',
    needs: ['signal', 'exact-time'],
    killedBy: ['waits a day too long'],
    machine: mapping('MaxConcurrency: 2'),
    input: { id: 'b1', items: [0, 1] },
    handlers: {
      first: async (input, { clock, note }) => {
        if (input['item'] === 0) throw new HoldfastError('DumpIncomplete', 'no trailer');
        await clock.sleep(86_400_000);
        note('deaf one ended');
        return null;
      },
      second: () => null,
      caught: () => null,
    },
    expectation: ({ execution, seconds }) => {
      expect(execution.output).toMatchObject({ error: { Error: 'DumpIncomplete' } });
      expect(seconds).toBeLessThan(60);
    },
  },
  {
    title: 'Parallel - outputs stand in the order of the branches, which run at once',
    needs: ['exact-time'],
    killedBy: ['swaps the branches of a Parallel'],
    machine: `
Comment: Two branches
StartAt: Both
States:
  Both:
    Comment: c
    Type: Parallel
    ResultPath: $.both
    End: true
    Branches:
      - StartAt: Slow
        States:
          Slow: { Comment: c, Type: Wait, Seconds: 20, Next: Left }
          Left: { Comment: c, Type: Task, Resource: 'function:test/left', End: true }
      - StartAt: Right
        States:
          Right: { Comment: c, Type: Task, Resource: 'function:test/right', End: true }
`,
    input: { id: 'b1' },
    handlers: {
      left: (input) => ['left', input],
      right: async (input, { clock }) => {
        await clock.sleep(15_000);
        return ['right', input];
      },
    },
    expectation: ({ execution, seconds }) => {
      expect(execution.output).toEqual({
        id: 'b1',
        both: [
          ['left', { id: 'b1' }],
          ['right', { id: 'b1' }],
        ],
      });
      expect(seconds).toBe(20);
    },
  },
  {
    title: 'a failing branch of a Parallel - stops the others at once, waits for them, and is caught outside',
    needs: ['signal', 'exact-time'],
    killedBy: ['gives tasks a signal that never comes', 'runs the first branch of a Parallel only'],
    machine: `
Comment: One branch fails
StartAt: Both
States:
  Both:
    Comment: c
    Type: Parallel
    ResultPath: null
    Catch: [{ ErrorEquals: [StorageFull], ResultPath: $.error, Next: Caught }]
    End: true
    Branches:
      - StartAt: Left
        States:
          Left: { Comment: c, Type: Task, Resource: 'function:test/left', End: true }
      - StartAt: Right
        States:
          Right: { Comment: c, Type: Fail, Error: StorageFull, Cause: no space }
  Caught: { Comment: c, Type: Task, Resource: 'function:test/caught', ResultPath: null, End: true }
`,
    handlers: {
      left: async (_input, { clock, note, task }) => {
        await clock.sleep(100_000, task.signal).catch(() => note('left ended'));
        return null;
      },
      caught: () => null,
    },
    expectation: ({ execution, marks, seconds }) => {
      expect(marks).toEqual(['begin:left', 'left ended', 'begin:caught']);
      expect(execution.output).toEqual({ error: { Error: 'StorageFull', Cause: 'no space' } });
      expect(seconds).toBe(0);
    },
  },
  {
    title: 'Map in Map in Parallel - every call has its own identity, and the inner item hides the outer one',
    needs: ['identity'],
    killedBy: ['gives all items one path'],
    machine: `
Comment: Three levels
StartAt: Both
States:
  Both:
    Comment: c
    Type: Parallel
    End: true
    Branches:
      - StartAt: Rows
        States:
          Rows:
            Comment: c
            Type: Map
            ItemsPath: $.rows
            ItemSelector: { row.$: $$.Map.Item.Index, cells.$: $$.Map.Item.Value.cells }
            MaxConcurrency: 2
            End: true
            ItemProcessor:
              ProcessorConfig: { Mode: INLINE }
              StartAt: Cells
              States:
                Cells:
                  Comment: c
                  Type: Map
                  ItemsPath: $.cells
                  ItemSelector: { row.$: $.row, cell.$: $$.Map.Item.Value }
                  MaxConcurrency: 2
                  End: true
                  ItemProcessor:
                    ProcessorConfig: { Mode: INLINE }
                    StartAt: Act
                    States:
                      Act: { Comment: c, Type: Task, Resource: 'function:test/act', Parameters: { row.$: $.row, cell.$: $.cell, column.$: $$.Map.Item.Index }, End: true }
`,
    input: { rows: [{ cells: ['a', 'b'] }, { cells: ['c'] }] },
    handlers: { act: ({ row, column, cell }) => JSON.stringify([row, column, cell]) },
    expectation: ({ execution, calls }) => {
      expect(execution.output).toEqual([[['[0,0,"a"]', '[0,1,"b"]'], ['[1,0,"c"]']]]);
      expect(new Set(calls.map((call) => call.task.path)).size).toBe(3);
    },
  },
];

/** A Map of two tasks with a catcher: the shape of most of our flows. */
function mapping(concurrency: string): string {
  return `
Comment: A map of two tasks
StartAt: Each
States:
  Each:
    Comment: c
    Type: Map
    ItemsPath: $.items
    ItemSelector: { id.$: $.id, index.$: $$.Map.Item.Index, item.$: $$.Map.Item.Value }
    ${concurrency}
    ResultPath: $.mapped
    Catch: [{ ErrorEquals: [States.ALL], ResultPath: $.error, Next: Caught }]
    Next: Done
    ItemProcessor:
      ProcessorConfig: { Mode: INLINE }
      StartAt: First
      States:
        First: { Comment: c, Type: Task, Resource: 'function:test/first', ResultPath: $.first, Next: Second }
        Second: { Comment: c, Type: Task, Resource: 'function:test/second', Parameters: { id.$: $.id, index.$: $.index, item.$: $.item, first.$: $.first, again.$: $$.Map.Item.Index }, End: true }
  Caught: { Comment: c, Type: Task, Resource: 'function:test/caught', ResultPath: null, Next: Done }
  Done: { Comment: c, Type: Succeed }
`;
}

/** Notes how many calls of it are going on. */
function peaking(): Handler {
  let atOnce = 0;
  return async (_input, { clock, note }) => {
    atOnce += 1;
    note(`at once ${atOnce}`);
    await clock.sleep(1000);
    atOnce -= 1;
    return null;
  };
}
