// The queue between the driver's parser and a slow consumer: nothing changes in it, nothing overtakes, and it holds little.
import { createHash } from 'node:crypto';

import { describe, expect, test } from '@jest/globals';

import { SlabQueue } from './slab-queue.ts';

const KIBIBYTE = 1024;

function flow() {
  const state = { isPaused: false, pauses: 0 };
  return {
    state,
    pause: () => {
      state.isPaused = true;
      state.pauses++;
    },
    resume: () => {
      state.isPaused = false;
    },
  };
}

describe('slab queue', () => {
  test('a driver that fills one buffer again and again - the consumer reads what arrived', async () => {
    const queue = new SlabQueue<string>(flow());
    const shared = Buffer.alloc(32 * KIBIBYTE);
    const arrived = createHash('sha256');
    for (let message = 0; message < 100; message++) {
      shared.fill(message);
      arrived.update(shared);
      queue.append(shared);
    }
    shared.fill(0xff);
    queue.end();

    const used = createHash('sha256');
    for (let item = await queue.next(); item; item = await queue.next()) used.update(item as Buffer);

    expect(used.digest('hex')).toBe(arrived.digest('hex'));
  });

  test('markers - come where they were set, also between bytes of one slab', async () => {
    const queue = new SlabQueue<string>(flow());
    queue.append(Buffer.from('ab'));
    queue.mark('first');
    queue.append(Buffer.from('c'));
    queue.append(Buffer.from('d'));
    queue.mark('second');
    queue.end();

    const seen: string[] = [];
    for (let item = await queue.next(); item; item = await queue.next())
      seen.push('marker' in item ? item.marker : item.toString());

    expect(seen).toEqual(['ab', 'first', 'cd', 'second']);
  });

  test('a slow consumer - the source is paused at a few MiB and goes on when there is room', async () => {
    const control = flow();
    const queue = new SlabQueue<string>(control);
    let held = 0;
    while (!control.state.isPaused) {
      queue.append(Buffer.alloc(64 * KIBIBYTE));
      held += 64 * KIBIBYTE;
    }

    expect(held).toBeLessThanOrEqual(4 * 1024 * KIBIBYTE);
    while (control.state.isPaused) held -= ((await queue.next()) as Buffer).length;
    expect(held).toBeGreaterThan(0);
    expect(control.state.pauses).toBe(1);
  });

  test('a failure - reaches a consumer that waits already', async () => {
    const queue = new SlabQueue<string>(flow());
    const waiting = queue.next();

    queue.fail(new Error('lost'));

    await expect(waiting).rejects.toThrow('lost');
    await expect(queue.next()).rejects.toThrow('lost');
  });
});
