// Flow cases: what tasks get, where results go, and which way a Choice takes.

import { expect } from '@jest/globals';

import { FLOW_BOUNDS } from '../../../lib/flows/bounds.ts';
import type { FlowCase } from './flow-case.ts';

export const dataCases: readonly FlowCase[] = [
  {
    title: 'tasks in a row - each gets what its Parameters select and adds its result under one key',
    needs: [],
    killedBy: ['ignores Parameters'],
    machine: `
Comment: Two tasks
StartAt: Plan
States:
  Plan: { Comment: c, Type: Task, Resource: 'function:test/plan', Parameters: { of: { id.$: $.id }, fixed: [1, { id.$: $.id }] }, ResultPath: $.plan, Next: Act }
  Act: { Comment: c, Type: Task, Resource: 'function:test/act', Parameters: { unit.$: $.plan.unit, whole.$: $ }, ResultPath: $.act, End: true }
`,
    input: { id: 'b1' },
    handlers: { plan: () => ({ unit: 7 }), act: ({ unit }) => ({ acted: unit ?? null }) },
    expectation: ({ execution, calls }) => {
      expect(calls.map((call) => call.input)).toEqual([
        { of: { id: 'b1' }, fixed: [1, { id: 'b1' }] },
        { unit: 7, whole: { id: 'b1', plan: { unit: 7 } } },
      ]);
      expect(execution).toMatchObject({
        status: 'succeeded',
        output: { id: 'b1', plan: { unit: 7 }, act: { acted: 7 } },
      });
    },
  },
  {
    title: 'a task without Parameters gets the whole data, and its result alone is the output when it ends the flow',
    needs: [],
    killedBy: ['puts a result without ResultPath under a key'],
    machine: `
Comment: One task
StartAt: Act
States:
  Act: { Comment: c, Type: Task, Resource: 'function:test/act', End: true }
`,
    input: { id: 'b1', nested: { list: [1, 2] } },
    handlers: { act: (input) => ['done', input] },
    expectation: ({ execution }) => {
      expect(execution.output).toEqual(['done', { id: 'b1', nested: { list: [1, 2] } }]);
    },
  },
  {
    title: 'a task that changes its input, or its result afterwards - changes nothing of the data',
    needs: [],
    killedBy: ['hands out its own data'],
    machine: `
Comment: Two tasks that share memory
StartAt: First
States:
  First: { Comment: c, Type: Task, Resource: 'function:test/first', ResultPath: $.first, Next: Second }
  Second: { Comment: c, Type: Task, Resource: 'function:test/second', ResultPath: $.second, Next: Done }
  Done: { Comment: c, Type: Succeed }
`,
    input: { list: [1] },
    handlers: {
      first: (input, { share }) => {
        (input['list'] as number[]).push(2);
        share['result'] = { kept: true };
        return share['result'];
      },
      second: (_input, { share }) => {
        Object.assign(share['result'] as object, { kept: false });
        return 2;
      },
    },
    expectation: ({ execution }) => {
      expect(execution.output).toEqual({ list: [1], first: { kept: true }, second: 2 });
    },
  },
  {
    title: 'ResultPath null - the result is dropped and the data stay',
    needs: [],
    killedBy: ['takes a null ResultPath for a missing one'],
    machine: `
Comment: A task that only acts
StartAt: Act
States:
  Act: { Comment: c, Type: Task, Resource: 'function:test/act', ResultPath: null, Next: Done }
  Done: { Comment: c, Type: Succeed }
`,
    input: { id: 'b1' },
    handlers: { act: () => ({ noise: true }) },
    expectation: ({ execution }) => {
      expect(execution.output).toEqual({ id: 'b1' });
    },
  },
  {
    title: 'Pass - puts a constant or a selection into the data',
    needs: [],
    killedBy: ['passes literals of Pass through paths'],
    machine: `
Comment: Two passes
StartAt: Fix
States:
  Fix: { Comment: c, Type: Pass, Result: { '$literal': 1 }, ResultPath: $.fixed, Next: Select }
  Select: { Comment: c, Type: Pass, Parameters: { id.$: $.id, twice: [{ id.$: $.id }] }, End: true }
`,
    input: { id: 'b1' },
    handlers: {},
    expectation: ({ execution }) => {
      expect(execution.output).toEqual({ id: 'b1', twice: [{ id: 'b1' }] });
    },
  },
  {
    title: 'the context - names the execution and its input, the same in every state',
    needs: ['exact-time'],
    killedBy: ['tells people another start than the flow'],
    machine: `
Comment: Reads the context after a while
StartAt: Pause
States:
  Pause: { Comment: c, Type: Wait, Seconds: 60, Next: Read }
  Read: { Comment: c, Type: Pass, Parameters: { id.$: $$.Execution.Id, name.$: $$.Execution.Name, at.$: $$.Execution.StartTime, of.$: $$.Execution.Input.store }, End: true }
`,
    input: { store: 'orders' },
    handlers: {},
    expectation: ({ execution }) => {
      expect(execution.output).toEqual({ id: execution.id, name: 'one', at: execution.startedAt, of: 'orders' });
    },
  },
  {
    title: 'Choice - comparisons are typed: a text is no number, a number no boolean, and order is by value',
    needs: [],
    killedBy: ['compares numbers with texts'],
    machine: choosing([
      ['isTextNumber', '{ Variable: $.text, NumericGreaterThan: 3 }'],
      ['isNumberText', '{ Variable: $.number, StringEquals: "5" }'],
      ['isOneTrue', '{ Variable: $.one, BooleanEquals: true }'],
      ['isNumber', '{ Variable: $.number, NumericEquals: 5 }'],
      ['isAbove', '{ Variable: $.number, NumericGreaterThan: 5 }'],
      ['isAtLeast', '{ Variable: $.number, NumericGreaterThanEquals: 5 }'],
      ['isBelow', '{ Variable: $.number, NumericLessThan: 10 }'],
      ['isAtMost', '{ Variable: $.number, NumericLessThanEquals: 4 }'],
      ['isBefore', '{ Variable: $.text, StringLessThan: "6" }'],
      ['isAfter', '{ Variable: $.text, StringGreaterThan: "10" }'],
      ['isNotAfter', '{ Variable: $.text, StringLessThanEquals: "5" }'],
      ['isNotBefore', '{ Variable: $.text, StringGreaterThanEquals: "55" }'],
      ['isFalse', '{ Variable: $.no, BooleanEquals: false }'],
    ]),
    input: { text: '5', number: 5, one: 1, no: false },
    handlers: {},
    expectation: ({ execution }) => {
      expect(chosen(execution.output)).toEqual([
        'isNumber',
        'isAtLeast',
        'isBelow',
        'isBefore',
        'isAfter',
        'isNotAfter',
        'isFalse',
      ]);
    },
  },
  {
    title: 'Choice - And, Or and Not combine, and IsPresent guards what stands behind it',
    needs: [],
    killedBy: ['looks at the first part of And only', 'looks at the first part of Or only'],
    machine: choosing([
      ['isGuarded', '{ And: [{ Variable: $.none, IsPresent: true }, { Variable: $.none, NumericEquals: 1 }] }'],
      ['isEither', '{ Or: [{ Variable: $.zero, NumericEquals: 1 }, { Variable: $.zero, NumericEquals: 0 }] }'],
      ['isShort', '{ Or: [{ Variable: $.zero, IsPresent: true }, { Variable: $.none, NumericEquals: 0 }] }'],
      ['isBoth', '{ And: [{ Variable: $.zero, NumericEquals: 0 }, { Variable: $.zero, NumericEquals: 1 }] }'],
      ['isNot', '{ Not: { Variable: $.zero, NumericEquals: 1 } }'],
      ['isNull', '{ Variable: $.empty, IsNull: true }'],
      ['isZeroNull', '{ Variable: $.zero, IsNull: true }'],
      ['isNullPresent', '{ Variable: $.empty, IsPresent: true }'],
      ['isAbsent', '{ Variable: $.zero.deeper, IsPresent: false }'],
    ]),
    input: { zero: 0, empty: null },
    handlers: {},
    expectation: ({ execution }) => {
      expect(chosen(execution.output)).toEqual(['isEither', 'isShort', 'isNot', 'isNull', 'isNullPresent', 'isAbsent']);
    },
  },
  {
    title: 'Choice - the first rule that holds decides, otherwise Default',
    needs: [],
    killedBy: ['takes the last rule that holds'],
    machine: `
Comment: Two rules hold
StartAt: Decide
States:
  Decide: { Comment: c, Type: Choice, Choices: [{ Variable: $.n, NumericEquals: 9, Next: Wrong }, { Variable: $.n, NumericEquals: 1, Next: First }, { Variable: $.n, NumericLessThan: 5, Next: Wrong }], Default: Wrong }
  First: { Comment: c, Type: Choice, Choices: [{ Variable: $.n, NumericEquals: 9, Next: Wrong }], Default: Right }
  Right: { Comment: c, Type: Pass, Result: right, End: true }
  Wrong: { Comment: c, Type: Pass, Result: wrong, End: true }
`,
    input: { n: 1 },
    handlers: {},
    expectation: ({ execution }) => {
      expect(execution.output).toBe('right');
    },
  },
  {
    title: 'Choice on what is not in the data - the flow fails, and no catcher takes it for a failure of the work',
    needs: [],
    killedBy: ['takes what is missing for false'],
    machine: `
Comment: A fault of the machine itself
StartAt: Each
States:
  Each:
    Comment: c
    Type: Map
    ItemsPath: $.items
    ItemSelector: { item.$: $$.Map.Item.Value }
    MaxConcurrency: 1
    ResultPath: null
    Catch: [{ ErrorEquals: [States.ALL], ResultPath: $.error, Next: Hide }]
    End: true
    ItemProcessor:
      ProcessorConfig: { Mode: INLINE }
      StartAt: Decide
      States:
        Decide: { Comment: c, Type: Choice, Choices: [{ Variable: $.none, NumericEquals: 1, Next: Fine }], Default: Fine }
        Fine: { Comment: c, Type: Succeed }
  Hide: { Comment: c, Type: Succeed }
`,
    input: { items: [1] },
    handlers: {},
    expectation: ({ execution }) => {
      expect(execution).toMatchObject({ status: 'failed', error: { name: 'States.Runtime' } });
    },
  },
  {
    title: 'a result larger than every platform takes - the flow fails and says so',
    needs: [],
    killedBy: ['cuts large results'],
    machine: `
Comment: One talkative task
StartAt: Act
States:
  Act: { Comment: c, Type: Task, Resource: 'function:test/act', Catch: [{ ErrorEquals: [States.ALL], ResultPath: $.error, Next: Hide }], End: true }
  Hide: { Comment: c, Type: Succeed }
`,
    // Counted as bytes: half as many letters of two bytes each are too many.
    handlers: { act: () => 'ж'.repeat(FLOW_BOUNDS.dataBytesMax / 2) },
    expectation: ({ execution }) => {
      expect(execution).toMatchObject({ status: 'failed', error: { name: 'States.DataLimitExceeded' } });
    },
  },
  {
    title: 'a flow that goes round for ever - is ended at the bound of states with a named error',
    needs: [],
    killedBy: ['has no bound of states'],
    machine: `
Comment: Never ends by itself
StartAt: Again
States:
  Again: { Comment: c, Type: Choice, Choices: [{ Variable: $.isDone, IsPresent: true, Next: Done }], Default: Again }
  Done: { Comment: c, Type: Succeed }
`,
    handlers: {},
    expectation: ({ execution }) => {
      expect(execution).toMatchObject({ status: 'failed', error: { name: 'WorkerLimitExceeded' } });
    },
  },
];

/** A chain of choices, one per rule; each notes its name in the data when it holds. */
function choosing(rules: readonly (readonly [name: string, rule: string])[]): string {
  const states = rules.map(([name, rule], index) => {
    const next = index + 1 < rules.length ? `Ask${index + 1}` : 'Done';
    return `
  Ask${index}: { Comment: c, Type: Choice, Choices: [{ And: [${rule}], Next: Note${index} }], Default: ${next} }
  Note${index}: { Comment: c, Type: Pass, Result: true, ResultPath: $.${name}, Next: ${next} }`;
  });
  return `Comment: A chain of choices\nStartAt: Ask0\nStates:${states.join('')}\n  Done: { Comment: c, Type: Succeed }\n`;
}

const chosen = (output: unknown): readonly string[] =>
  Object.keys(output as object).filter((key) => key.startsWith('is'));
