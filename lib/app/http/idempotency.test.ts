// Tests idempotency keys: one answer per key, conflicts, and what happens when the process that answers dies.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { testPlatform } from '../../../test/flows/test-platform.ts';
import type { TestPlatform } from '../../../test/flows/test-platform.ts';
import { answerOnce } from './idempotency.ts';
import type { IdempotentCall } from './idempotency.ts';
import type { Answer } from './route.ts';

let platform: TestPlatform;
beforeEach(() => {
  platform = testPlatform();
});
afterEach(async () => await platform.close());

const aCall = (body: unknown = { a: 1 }): IdempotentCall => ({
  principal: 'anna',
  key: 'k',
  request: { method: 'POST', path: '/x', body },
});
const accepted: Answer = { status: 202, body: { id: 'bkp_1' }, headers: { location: '/operations/bkp_1' } };

describe('answerOnce', () => {
  test('the same request again - the first answer, and the work is done once', async () => {
    let times = 0;
    const work = async (): Promise<Answer> => {
      times += 1;
      return accepted;
    };

    await answerOnce(platform, aCall(), work);
    const again = await answerOnce(platform, aCall({ a: 1 }), work);

    expect(times).toBe(1);
    expect(again).toMatchObject(accepted);
    expect(again.headers).toMatchObject({ 'idempotency-replayed': 'true' });
  });

  test.each([[{ a: 2 }], [{}], [null]])('the key with body %p - IdempotencyConflict', async (body) => {
    await answerOnce(platform, aCall(), async () => accepted);

    await expect(answerOnce(platform, aCall(body), async () => accepted)).rejects.toMatchObject({
      name: 'IdempotencyConflict',
    });
  });

  test('while the first is being answered - StillRunning, the work is not begun twice', async () => {
    let finish = (_answer: Answer): void => undefined;
    const first = answerOnce(platform, aCall(), () => new Promise((resolve) => (finish = resolve)));
    await new Promise((resolve) => setImmediate(resolve));

    await expect(answerOnce(platform, aCall(), async () => accepted)).rejects.toMatchObject({ name: 'StillRunning' });

    finish(accepted);
    await expect(first).resolves.toEqual(accepted);
  });

  test('ten requests at once - one does the work', async () => {
    let times = 0;
    const work = async (): Promise<Answer> => {
      times += 1;
      return accepted;
    };

    const results = await Promise.allSettled(Array.from({ length: 10 }, () => answerOnce(platform, aCall(), work)));

    expect(times).toBe(1);
    expect(results.filter((result) => result.status === 'fulfilled').length).toBeGreaterThanOrEqual(1);
  });

  test('a process that died while answering - taken over after a minute, not before', async () => {
    void answerOnce(platform, aCall(), () => new Promise(() => undefined));
    await new Promise((resolve) => setImmediate(resolve));
    platform.clock.advance(30_000);
    await expect(answerOnce(platform, aCall(), async () => accepted)).rejects.toMatchObject({ name: 'StillRunning' });

    platform.clock.advance(31_000);

    await expect(answerOnce(platform, aCall(), async () => accepted)).resolves.toMatchObject({ status: 202 });
  });

  test('an error - not kept: the same request may be sent again', async () => {
    await expect(answerOnce(platform, aCall(), () => Promise.reject(new Error('first')))).rejects.toThrow('first');

    await expect(answerOnce(platform, aCall(), async () => accepted)).resolves.toMatchObject({ status: 202 });
  });
});
