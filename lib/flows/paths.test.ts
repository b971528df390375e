import { describe, expect, test } from '@jest/globals';

import { valueAt } from './paths.ts';

const data = { a: { b: [1, 2] }, none: null };
const context = { Execution: { Id: 'flow:one', Input: { store: 'orders' } } };

describe('valueAt', () => {
  test.each([
    ['$', data],
    ['$.a.b', [1, 2]],
    ['$.none', null],
    ['$$.Execution.Id', 'flow:one'],
    ['$$.Execution.Input.store', 'orders'],
  ])('%s - finds its value', (path, value) => {
    expect(valueAt(path, data, context)).toEqual(value);
  });

  test.each(['$.b', '$.none.deeper', '$.a.b.length', '$.constructor', '$.__proto__', '$$.Map.Item.Value'])(
    '%s - finds nothing, whatever JavaScript would give',
    (path) => {
      expect(valueAt(path, data, context)).toBeUndefined();
    },
  );
});
