import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { Halted } from './failure.ts';
import { Journal } from './journal.ts';

const execution = 'flow:one';
let journal: Journal;
const at = (path: string): { execution: string; path: string; at: number } => ({ execution, path, at: 1 });
const begin = (id = execution): boolean =>
  journal.begin({ id, machine: 'flow', name: 'one', input: '{}', definition: '{"StartAt":"A"}', startedAt: 0 });

beforeEach(() => {
  journal = new Journal(':memory:');
  begin();
});

afterEach(() => journal.close());

describe('an execution that has ended', () => {
  beforeEach(() => {
    journal.enter(at('Act'));
    journal.end(execution, 2, { status: 'stopped', error: 'ExecutionStopped', cause: '{}' });
  });

  test('late work - writes nothing and is halted', () => {
    const late = [
      () => journal.enter(at('Next')),
      () => journal.delay(at('Act'), 'retrying', { attempt: 1, dueAt: 5 }, null),
      () => journal.leave(at('Act'), 'left', { output: 'late' }),
    ];

    for (const write of late) expect(write).toThrow(Halted);
    expect(journal.state(execution, 'Act')).toBeUndefined();
    expect(journal.events(execution).map((event) => event.what)).toEqual(['started', 'entered', 'stopped']);
  });

  test('a second end - changes nothing', () => {
    expect(journal.end(execution, 3, { status: 'succeeded', output: '1' })).toBe(false);
    expect(journal.execution(execution)).toMatchObject({ status: 'stopped', endedAt: 2, output: undefined });
    expect(journal.events(execution).at(-1)?.what).toBe('stopped');
  });

  test('begun again - is known already', () => {
    expect(begin()).toBe(false);
  });
});

describe('leaving a state', () => {
  test('a map - takes the rows of its items with it and no others, however the names begin', () => {
    for (const path of [
      'Each',
      'Each[0]/Act',
      'Each[1]/Inner[0]/Act',
      'Eachone',
      'EachOther',
      'Each~2',
      'Each~2[0]/Act',
    ])
      journal.enter(at(path));

    journal.leave(at('Each'), 'left', { output: [] });

    expect(journal.activePaths(execution)).toEqual(['EachOther', 'Eachone', 'Each~2', 'Each~2[0]/Act']);
    expect(journal.state(execution, 'Each')?.outcome).toEqual({ output: [] });
    expect(journal.state(execution, 'Each[0]/Act')).toBeUndefined();
  });

  test('a hundred retries - are one row and one event, which shows the newest', () => {
    journal.enter(at('Poll'));
    for (let attempt = 1; attempt <= 100; attempt++)
      journal.delay(at('Poll'), 'retrying', { attempt, dueAt: attempt }, { attempt });

    expect(journal.state(execution, 'Poll')).toEqual({ attempt: 100, dueAt: 100, outcome: undefined });
    expect(journal.events(execution).map((event) => [event.what, event.data])).toEqual([
      ['started', {}],
      ['entered', null],
      ['retrying', { attempt: 100 }],
    ]);
  });
});

test('histories of ended executions - are kept for the newest thousand, executions for ever', () => {
  for (let index = 0; index <= 1000; index++) {
    begin(`flow:${index}`);
    journal.end(`flow:${index}`, 1, { status: 'succeeded', output: '1' });
  }

  expect(journal.events('flow:0')).toEqual([]);
  expect(journal.events('flow:1')).toHaveLength(2);
  expect(journal.execution('flow:0')).toMatchObject({ status: 'succeeded' });
  expect(journal.events(execution)).toHaveLength(1);
});
