import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';

import { describe, expect, it } from '@jest/globals';

import { fixedClock } from '../../../test/fakes/fixed-clock.ts';
import { systemClock } from './clock.ts';
import { createIdSource } from './ids.ts';
import { createJsonLog } from './log.ts';
import { createSecretSource } from './secret-source.ts';

describe('system clock', () => {
  it('sleep - not shorter than asked', async () => {
    const before = systemClock.monotonic();
    await systemClock.sleep(30);

    expect(systemClock.monotonic() - before).toBeGreaterThanOrEqual(28);
  });

  it('sleep of nothing or less - ends at once', async () => {
    await systemClock.sleep(0);
    await systemClock.sleep(-5);
  });

  it('sleep past what a timer can hold - does not end at once', async () => {
    const stop = new AbortController();
    const sleep = systemClock.sleep(2 ** 40, stop.signal).then(
      () => 'ended',
      (error: unknown) => (error as Error).name,
    );
    const first = await Promise.race([sleep, systemClock.sleep(30).then(() => 'still asleep')]);
    stop.abort();

    expect(first).toBe('still asleep');
    expect(await sleep).toBe('ExecutionStopped');
  });

  it('sleep with a signal that is aborted already - ExecutionStopped', async () => {
    await expect(systemClock.sleep(1000, AbortSignal.abort())).rejects.toMatchObject({ name: 'ExecutionStopped' });
  });
});

describe('id source', () => {
  it('many ids in one millisecond - different, in order, of the promised form', () => {
    const ids = createIdSource(fixedClock());
    const made = Array.from({ length: 1000 }, () => ids.next('bkp'));

    expect(new Set(made).size).toBe(1000);
    expect(made.toSorted()).toEqual(made);
    expect(made.every((id) => /^bkp_[0-9a-hjkmnp-tv-z]{26}$/.test(id))).toBe(true);
  });

  it('clock that is set back - the order stays', () => {
    const clock = fixedClock('2030-01-01T00:00:00.000Z');
    const ids = createIdSource(clock);
    const before = ids.next('bkp');
    clock.jumpTo('2020-01-01T00:00:00.000Z');

    expect(ids.next('bkp') > before).toBe(true);
  });

  it('ids of later times - sort later, whatever their random part', () => {
    const clock = fixedClock();
    const made = Array.from({ length: 50 }, () => {
      clock.advance(1);
      return createIdSource(clock).next('x');
    });

    expect(made.toSorted()).toEqual(made);
  });
});

describe('log', () => {
  const linesOf = (write: (log: ReturnType<typeof createJsonLog>) => void, level?: 'debug' | 'silent'): string[] => {
    const stream = new PassThrough();
    write(
      createJsonLog({ stream, clock: fixedClock(), ...(level !== undefined && { level }), fields: { role: 'worker' } }),
    );
    return String(stream.read() ?? '')
      .split('\n')
      .filter((line) => line !== '');
  };

  it('text with control characters - one line, everything escaped, readable back', () => {
    const nasty = 'a\nb\r\u001b[31m\u0000\u007f\u009b\u2028\u2029\u202e"\\';
    const lines = linesOf((log) => log.info(nasty, { table: nasty }));

    expect(lines).toHaveLength(1);
    // eslint-disable-next-line no-control-regex -- the very characters that must not be there
    expect(lines[0]).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', message: nasty, table: nasty, role: 'worker' });
  });

  it('fields named like the line’s own - kept beside them', () => {
    const [line = ''] = linesOf((log) => log.warn('real', { message: 'false', level: 'debug', at: 'never' }));

    expect(JSON.parse(line)).toMatchObject({
      message: 'real',
      level: 'warn',
      message_: 'false',
      level_: 'debug',
      at_: 'never',
    });
  });

  it('levels - below the chosen one nothing is written, silent writes nothing', () => {
    expect(linesOf((log) => log.debug('hidden'))).toEqual([]);
    expect(linesOf((log) => log.debug('shown'), 'debug')).toHaveLength(1);
    expect(linesOf((log) => log.error('hidden'), 'silent')).toEqual([]);
  });

  it('very long field - cut', () => {
    expect(linesOf((log) => log.info('x', { long: 'x'.repeat(100_000) }))[0]?.length).toBeLessThan(20_000);
  });

  it('stream that breaks - no error reaches the writer', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    createJsonLog({ stream, clock: fixedClock() }).info('lost');

    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.errored).toBeDefined();
  });
});

describe('secret file', () => {
  it('that others may read, that is a folder, that has no absolute path - refused with the cure', async () => {
    const home = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
    const path = join(home, 'secret');
    await writeFile(path, 'x', { mode: 0o600 });
    await chmod(path, 0o644);
    const secrets = createSecretSource({});

    await expect(secrets.read(`file:${path}`)).rejects.toMatchObject({
      name: 'InvalidConfiguration',
      message: expect.stringContaining('chmod 600'),
    });
    await expect(secrets.read(`file:${home}`)).rejects.toMatchObject({ name: 'InvalidConfiguration' });
    await expect(secrets.read('file:secret')).rejects.toMatchObject({ name: 'InvalidConfiguration' });
    await rm(home, { recursive: true });
  });

  it('that ends with a line break - one is taken off', async () => {
    const home = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
    await writeFile(join(home, 'secret'), 'word\n\n', { mode: 0o600 });

    expect((await createSecretSource({}).read(`file:${join(home, 'secret')}`)).reveal()).toBe('word\n');
    await rm(home, { recursive: true });
  });
});
