// A tree that lives while it is read: files grow, shrink, vanish and turn into something else, and the backup tells the truth about it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { Place } from './files-fixture.ts';
import { dump, filesPlace, restore, run, shell, sourceOf } from './files-fixture.ts';

let place: Place;
beforeEach(() => {
  place = filesPlace();
  mkdirSync(place.path('source'));
});
afterEach(() => {
  place.remove();
});

const MEBIBYTE = 1024 * 1024;
const inSource = (...names: string[]): string => place.path('source', ...names);
const source = () => sourceOf({ paths: [place.path('source')] });

/** Dumps, and does something once when the first bytes of a file are taken. */
async function dumpWhile(path: string, change: () => void) {
  let isDone = false;
  return await dump(place, source(), {
    beforeCommit: (current) => {
      if (current !== path || isDone) return;
      isDone = true;
      change();
    },
  });
}

async function restoredText({ reader }: Awaited<ReturnType<typeof dump>>, path: string): Promise<string> {
  await restore(place, source(), [reader], { target: { kind: 'directory', path: place.path('target') } });
  return readFileSync(place.path('target', path), 'latin1');
}

describe('file that changes while it is read', () => {
  test('grows - read as far as it was at opening, said so, restorable', async () => {
    writeFileSync(inSource('log'), 'x'.repeat(MEBIBYTE));

    const dumped = await dumpWhile('log', () => {
      appendFileSync(inSource('log'), 'more');
    });

    expect(dumped.facts.warnings).toEqual(['changed while read: log']);
    expect(dumped.facts.details).toMatchObject({ changed: 1, files: 1, bytesRead: MEBIBYTE });
    expect(await restoredText(dumped, 'log')).toBe('x'.repeat(MEBIBYTE));
  });

  test('shrinks - recorded with the size that was read, said so, restorable', async () => {
    writeFileSync(inSource('log'), 'x'.repeat(MEBIBYTE));

    const dumped = await dumpWhile('log', () => {
      truncateSync(inSource('log'), 100_000);
    });

    expect(dumped.facts.warnings).toEqual(['changed while read: log']);
    expect(dumped.sink.entry('log')?.sizeBytes).toBeLessThan(MEBIBYTE);
    expect((await restoredText(dumped, 'log')).length).toBe(dumped.sink.entry('log')?.sizeBytes);
  });

  test('sparse and shrinks - the same', async () => {
    shell('truncate -s 8M image && printf x | dd of=image conv=notrunc status=none', inSource());
    const reads = { done: false };

    const dumped = await dump(place, source(), {
      beforeCommit: () => {
        if (!reads.done) truncateSync(inSource('image'), 2 * MEBIBYTE);
        reads.done = true;
      },
    });

    expect(dumped.facts.warnings).toEqual(['changed while read: image']);
    expect(dumped.sink.entry('image')?.sizeBytes).toBe(2 * MEBIBYTE);
    expect((await restoredText(dumped, 'image')).length).toBe(2 * MEBIBYTE);
  });

  test('is removed after opening - whole, because its content lives on until it is closed', async () => {
    writeFileSync(inSource('file'), 'content');

    const dumped = await dumpWhile('file', () => {
      rmSync(inSource('file'));
    });

    expect(await restoredText(dumped, 'file')).toBe('content');
  });
});

describe('file that changes between the look and the reading', () => {
  const swaps: readonly (readonly [string, () => void, string | undefined])[] = [
    ['vanishes', () => undefined, 'vanished while the tree was read: b'],
    [
      'turns into a symlink to a secret',
      () => {
        symlinkSync(place.path('secret'), inSource('b'));
      },
      'vanished while the tree was read: b',
    ],
    [
      'turns into a directory',
      () => {
        mkdirSync(inSource('b'));
      },
      'became something else while the tree was read: b',
    ],
    [
      'turns into a fifo that nobody writes to',
      () => {
        run('mkfifo', [inSource('b')]);
      },
      'became something else while the tree was read: b',
    ],
    [
      'is replaced by another file, as editors do',
      () => {
        writeFileSync(inSource('b'), 'new content');
      },
      undefined,
    ],
  ];
  test.each(swaps)('%s - the backup goes on and says so', async (_, swap, warning) => {
    writeFileSync(place.path('secret'), 'secret of somebody else');
    for (const name of ['a', 'b', 'c']) writeFileSync(inSource(name), `content of ${name}`);

    const { sink, facts } = await dumpWhile('a', () => {
      rmSync(inSource('b'));
      swap();
    });

    expect(facts.warnings).toEqual(warning === undefined ? [] : [warning]);
    expect(sink.text('b')).toBe(warning === undefined ? 'new content' : '');
    expect([sink.text('a'), sink.text('c')]).toEqual(['content of a', 'content of c']);
    expect(facts.includedFiles).toBe(warning === undefined ? 3 : 2);
  });

  test('directory turns into a symlink to elsewhere - not followed', async () => {
    mkdirSync(place.path('elsewhere'));
    writeFileSync(place.path('elsewhere', 'secret'), 'secret of somebody else');
    // One look ahead ends with the directory itself, so that it is entered only after the first file was read.
    for (let n = 0; n < 255; n++) writeFileSync(inSource(`f${String(n).padStart(3, '0')}`), 'x');
    mkdirSync(inSource('z'));
    writeFileSync(inSource('z', 'mine'), 'mine');

    const { sink, facts } = await dumpWhile('f000', () => {
      renameSync(inSource('z'), place.path('old'));
      symlinkSync(place.path('elsewhere'), inSource('z'));
    });

    expect(
      sink
        .entries()
        .map(({ path }) => path.toString())
        .filter((path) => path.startsWith('z')),
    ).toEqual(['z']);
    expect(facts.warnings).toEqual(['vanished while the tree was read: z']);
  });
});

describe('tree as a whole', () => {
  test('root is replaced while it is read, as when its file system goes away - SourceChanged', async () => {
    writeFileSync(inSource('a'), 'x');

    const dumped = dumpWhile('a', () => {
      renameSync(place.path('source'), place.path('old'));
      mkdirSync(place.path('source'));
    });

    await expect(dumped).rejects.toMatchObject({ name: 'SourceChanged' });
  });

  test('root is missing at the time of the dump - SourceUnreachable', async () => {
    const planned = source();
    const dumped = dump(place, planned);
    rmSync(place.path('source'), { recursive: true });

    await expect(dumped).rejects.toMatchObject({ name: 'SourceUnreachable' });
  });

  test('empty tree - a backup with a warning, and a problem of the probe', async () => {
    const { facts, reader } = await dump(place, source());

    expect(facts.warnings).toEqual([expect.stringMatching(/empty/)]);
    const result = await restore(place, source(), [reader], {
      target: { kind: 'directory', path: place.path('target') },
    });
    expect(result.compared).toMatchObject({ equal: true, count: 0 });
  });

  test('socket - left out with a warning', async () => {
    const listener = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(inSource('app.sock'))}, () => console.log('up'))`,
    ]);
    await once(listener.stdout, 'data');

    const { facts, sink } = await dump(place, source());
    listener.kill('SIGKILL');

    expect(facts.warnings).toContain('left out: a socket: app.sock');
    expect(sink.entries()).toEqual([]);
  });

  test('other file systems mounted inside - not entered, as find -xdev does not', async () => {
    const devices = sourceOf({ paths: ['/dev'] });
    const { sink } = await dump(place, devices);

    const seen = sink.entries().map(({ path }) => path.toString());
    const expected = run('find', ['/dev', '-xdev', '-mindepth', '1', '!', '-type', 's', '-printf', '%P\\n'])
      .trim()
      .split('\n');
    expect(seen.sort()).toEqual(expected.sort());
  });

  test('more warnings than fit - the first hundred and a count', async () => {
    for (let n = 0; n < 130; n++) writeFileSync(inSource(`f${String(n).padStart(3, '0')}`), 'x');

    const { facts } = await dumpWhile('f000', () => {
      for (let n = 1; n < 130; n++) rmSync(inSource(`f${String(n).padStart(3, '0')}`));
    });

    expect(facts.warnings).toHaveLength(101);
    expect(facts.warnings.at(-1)).toBe('and 29 more warnings');
    expect(facts.details).toMatchObject({ changed: 129, files: 1 });
  });

  test('writers at work all the time - every dump ends and restores to what it recorded', async () => {
    const line = `cd ${JSON.stringify(place.path('source'))}; while :; do
      echo "line $RANDOM" >> log; head -c $((RANDOM * 9)) /dev/zero | tr '\\0' x > data.new; mv data.new data
      mkdir -p d/e; echo 1 > d/e/f; ln -f data d/hard; rm -rf d/e; [ $((RANDOM % 9)) = 0 ] && : > log; done`;
    const writer = spawn('bash', ['-c', line], { stdio: 'ignore' });
    await pause(100);
    const texts: string[] = [];
    try {
      for (let round = 0; round < 10; round++) {
        const { reader } = await dump(place, source());
        const target = { kind: 'directory', path: place.path(`target-${round}`) } as const;
        texts.push((await restore(place, source(), [reader], { target })).compared.detail);
      }
    } finally {
      writer.kill('SIGKILL');
      await once(writer, 'close');
    }

    expect(texts.every((text) => text.endsWith('read back and equal'))).toBe(true);
  });

  test('large file while the clock of others must tick - the event loop gets its turns', async () => {
    shell('truncate -s 1500M big && for n in $(seq 2000); do : > "f$n"; done', inSource());
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 25);
    const startedAt = performance.now();

    await dump(place, source());

    clearInterval(timer);
    const expected = (performance.now() - startedAt) / 25;
    expect(ticks).toBeGreaterThan(expected / 5);
  });
});
