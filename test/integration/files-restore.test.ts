// Restores of parts, in place, by somebody without privileges: what is asked for, and nothing else.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { files, filesEngine } from '../../lib/engines/files/engine.ts';
import type { Place } from './files-fixture.ts';
import {
  dump,
  filesPlace,
  hasTool,
  listing,
  makeTree,
  restore,
  run,
  shell,
  sourceOf,
  treeDifference,
} from './files-fixture.ts';

let place: Place;
beforeEach(() => {
  place = filesPlace();
  makeTree(place.path('source'));
});
afterEach(() => {
  place.remove();
});

const MARKER = '.holdfast-restore-incomplete';
const source = () => sourceOf({ paths: [place.path('source')] });
const toDirectory = {
  kind: 'directory',
  get path() {
    return place.path('target');
  },
} as const;
const inPlace = { kind: 'in-place', settings: {} } as const;
const namesIn = (root: string): string[] =>
  run('find', ['.', '-mindepth', '1', '-printf', '%P\\n'], root).trim().split('\n').sort();

describe('restore of selected paths', () => {
  test('file and directory, relative and absolute - with the directories above and their metadata', async () => {
    const { reader } = await dump(place, source());

    const result = await restore(place, source(), [reader], {
      target: toDirectory,
      selectedPaths: ['deep/er', place.path('source', 'nothing')],
    });

    expect(namesIn(place.path('target'))).toEqual([
      'deep',
      'deep/er',
      'deep/er/same.bin',
      'deep/er/script.sh',
      'nothing',
    ]);
    expect(result.restoredEntries).toBe(5);
    expect(run('stat', ['-c', '%a %y', place.path('target', 'deep')])).toBe(
      run('stat', ['-c', '%a %y', place.path('source', 'deep')]),
    );
  });

  test('hard link whose first name was not selected - has the content, and further names are its links', async () => {
    shell('ln deep/large.bin third && ln deep/large.bin zz', place.path('source'));
    const { reader } = await dump(place, source());

    const result = await restore(place, source(), [reader], { target: toDirectory, selectedPaths: ['third', 'zz'] });

    expect(namesIn(place.path('target'))).toEqual(['third', 'zz']);
    run('cmp', [place.path('source', 'zz'), place.path('target', 'zz')]);
    expect(run('stat', ['-c', '%h', place.path('target', 'zz')])).toBe('2\n');
    expect(result).toMatchObject({ restoredBytes: 3_000_000, restoredEntries: 2, compared: { equal: true } });
  });

  test('path that only one of two units has - restored from that one', async () => {
    makeTree(place.path('other'));
    writeFileSync(place.path('other', 'only-here'), 'x');
    const both = sourceOf({ paths: [place.path('source'), place.path('other')] });
    const readers = [(await dump(place, both)).reader, (await dump(place, both, { unit: 1 })).reader];

    await restore(place, both, readers, { target: toDirectory, selectedPaths: ['only-here'] });

    expect(run('find', [place.path('target'), '-type', 'f', '-printf', '%P\\n'])).toBe(
      `${place.path('other', 'only-here').slice(1)}\n`,
    );
  });

  test.each([[['plain.txt', 'missing']], [['/etc/passwd']], [['plain']]])(
    'selection %j - NotFound, nothing written',
    async (selectedPaths) => {
      const { reader } = await dump(place, source());

      await expect(restore(place, source(), [reader], { target: toDirectory, selectedPaths })).rejects.toMatchObject({
        name: 'NotFound',
      });
      expect(existsSync(place.path('target'))).toBe(false);
    },
  );

  test('tables - CapabilityUnsupported', async () => {
    const { reader } = await dump(place, source());

    await expect(
      restore(place, source(), [reader], { target: toDirectory, selectedTables: ['t'] }),
    ).rejects.toMatchObject({ name: 'CapabilityUnsupported' });
  });
});

describe('restore in place', () => {
  const confirmed = { target: inPlace, mayOverwrite: true } as const;

  test('without confirmation, trap 56 - ConfirmationRequired, nothing touched', async () => {
    const { reader } = await dump(place, source());
    shell('echo changed > plain.txt', place.path('source'));
    const before = listing(place.path('source'));

    await expect(restore(place, source(), [reader], { target: inPlace })).rejects.toMatchObject({
      name: 'ConfirmationRequired',
    });
    expect(listing(place.path('source'))).toBe(before);
  });

  test('damaged tree - as it was; what is not in the point stays and is told', async () => {
    const before = listing(place.path('source'));
    const { reader } = await dump(place, source());
    shell(
      'echo changed > plain.txt && rm nothing link && ln -s wrong link && rm deep/er/same.bin && cp deep/large.bin deep/er/same.bin && chmod 0 a-first && rm pipe && echo mine > deep/extra',
      place.path('source'),
    );

    const result = await restore(place, source(), [reader], confirmed);

    rmSync(place.path('source', 'deep/extra'));
    const withoutDirectoryTimes = (text: string): string =>
      text.replace(/^(deep\|d\|[^|]*\|[^|]*\|[^|]*)\|[^|]*/m, '$1');
    expect(withoutDirectoryTimes(listing(place.path('source')))).toBe(withoutDirectoryTimes(before));
    expect(result.warnings).toEqual(['left alone: not in the recovery point: deep/extra']);
    expect(existsSync(place.path('source', MARKER))).toBe(false);
  });

  test('one file - replaced by a rename, everything else is untouched', async () => {
    const { reader } = await dump(place, source());
    shell('echo changed > plain.txt && echo changed > a-first', place.path('source'));

    const result = await restore(place, source(), [reader], { ...confirmed, selectedPaths: ['plain.txt', 'deep/er'] });

    expect(result.warnings).toEqual([]);
    expect(readFileSync(place.path('source', 'plain.txt'), 'utf8')).toBe('hello\n');
    expect(readFileSync(place.path('source', 'a-first'), 'utf8')).toBe('changed\n');
  });

  test('reader of the old file - goes on seeing the old file whole', async () => {
    const { reader } = await dump(place, source());
    shell('echo "old and in use" > plain.txt', place.path('source'));

    const seen = await (async () => {
      const { openSync, readSync, closeSync } = await import('node:fs');
      const fd = openSync(place.path('source', 'plain.txt'), 'r');
      await restore(place, source(), [reader], confirmed);
      const bytes = Buffer.alloc(100);
      const length = readSync(fd, bytes, 0, 100, 0);
      closeSync(fd);
      return bytes.toString('utf8', 0, length);
    })();

    expect(seen).toBe('old and in use\n');
    expect(readFileSync(place.path('source', 'plain.txt'), 'utf8')).toBe('hello\n');
  });

  test.each([
    ['a directory where a file was', 'rm plain.txt && mkdir plain.txt && touch plain.txt/precious'],
    ['a file where a directory was', 'rm -r deep && touch deep'],
  ])('%s - RestoreTargetNotEmpty before anything is changed', async (_, change) => {
    const { reader } = await dump(place, source());
    shell(change, place.path('source'));
    shell('echo changed > a-first', place.path('source'));

    await expect(restore(place, source(), [reader], confirmed)).rejects.toMatchObject({
      name: 'RestoreTargetNotEmpty',
    });
    expect(readFileSync(place.path('source', 'a-first'), 'utf8')).toBe('changed\n');
  });

  test('directory that is a symlink to elsewhere now - refused, nothing written there', async () => {
    const { reader } = await dump(place, source());
    mkdirSync(place.path('elsewhere'));
    shell(`rm -r deep && ln -s ${place.path('elsewhere')} deep`, place.path('source'));

    await expect(restore(place, source(), [reader], confirmed)).rejects.toMatchObject({
      name: 'RestoreTargetNotEmpty',
    });
    expect(run('ls', ['-A', place.path('elsewhere')])).toBe('');
  });

  test('tree that is gone altogether - made again, root included', async () => {
    chmodSync(place.path('source'), 0o2711);
    const { reader } = await dump(place, source());
    run('mv', [place.path('source'), place.path('gone')]);

    await restore(place, source(), [reader], confirmed);

    expect(treeDifference(place.path('gone'), place.path('source'))).toBeUndefined();
    expect(run('stat', ['-c', '%a', place.path('source')])).toBe('2711\n');
  });

  test('path that is no longer one of the store - refused', async () => {
    const { reader } = await dump(place, source());
    makeTree(place.path('other'));

    await expect(restore(place, sourceOf({ paths: [place.path('other')] }), [reader], confirmed)).rejects.toMatchObject(
      { name: 'InvalidRequest' },
    );
  });

  test('single file - only it is replaced in its directory', async () => {
    const one = sourceOf({ paths: [place.path('source', 'plain.txt')] });
    const { reader } = await dump(place, one);
    shell('echo changed > plain.txt', place.path('source'));

    const result = await restore(place, one, [reader], confirmed);

    expect(readFileSync(place.path('source', 'plain.txt'), 'utf8')).toBe('hello\n');
    expect(result.warnings).toEqual([]);
  });

  test('backup of a tree with remains of a restore - they are left out, told by the probe and the dump', async () => {
    shell(`echo '{}' > ${MARKER} && echo x > deep/.holdfast-restore-new-3`, place.path('source'));

    const { problems } = await files.probe(source(), place.context());
    const { facts, sink } = await dump(place, source());

    expect(problems).toEqual([expect.stringMatching(/unfinished restore/)]);
    expect(facts.warnings).toHaveLength(2);
    expect(sink.entries().some(({ path }) => path.includes('.holdfast'))).toBe(false);
  });
});

describe('test restore', () => {
  test("scratch place of one's own choice - used, and left empty", async () => {
    const { reader, sink } = await dump(place, source());
    mkdirSync(place.path('scratch'));

    const result = await files.testRestore(source(), [reader], { path: place.path('scratch') }, place.context());

    const bytes = sink.entries().reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    expect(result).toMatchObject({ verdict: 'passed', restoredBytes: bytes });
    expect(run('ls', ['-A', place.path('scratch')])).toBe('');
  });

  test('scratch place that is no place - inconclusive, not failed', async () => {
    const { reader } = await dump(place, source());
    writeFileSync(place.path('file'), '');

    const verdicts = [];
    for (const path of [place.path('missing', 'deep'), place.path('file')]) {
      verdicts.push((await files.testRestore(source(), [reader], { path }, place.context())).verdict);
    }

    expect(verdicts).toEqual(['inconclusive', 'inconclusive']);
  });
});

(hasTool('setfacl') && hasTool('getfacl') ? describe : describe.skip)('restore judged by getfacl', () => {
  test('new target in a directory with a default ACL - inherits nothing', async () => {
    const { reader } = await dump(place, source());
    mkdirSync(place.path('shared'));
    run('setfacl', ['-d', '-m', 'u:1234:rwx', place.path('shared')]);

    await restore(place, source(), [reader], { target: { kind: 'directory', path: place.path('shared', 'target') } });

    const facl = (root: string): string => run('getfacl', ['-R', '-p', '.'], root);
    expect(facl(place.path('shared', 'target'))).toBe(facl(place.path('source')));
  });
});

describe('without privileges', () => {
  /** Runs the program as nobody when we are root; a CI user is unprivileged anyway. */
  const asNobody = (task: object): { readonly [key: string]: unknown } => {
    run('chmod', ['0755', place.path()]);
    const program = new URL('./files-unprivileged.ts', import.meta.url).pathname;
    const identity = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const result = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', program, JSON.stringify(task)],
      { encoding: 'utf8', ...identity },
    );
    if (result.status !== 0) throw new Error(result.stderr);
    return JSON.parse(result.stdout) as { readonly [key: string]: unknown };
  };
  const open = (name: string): string => {
    mkdirSync(place.path(name));
    run('chmod', ['0777', place.path(name)]);
    return place.path(name);
  };

  test('files and directories that may not be read - the rest is backed up, they are counted and named', () => {
    if (process.getuid?.() !== 0) shell('chmod 000 plain.txt sticky', place.path('source'));
    shell('chmod 600 plain.txt && chmod 700 sticky', place.path('source'));
    if (process.getuid?.() !== 0) shell('chmod 000 plain.txt sticky', place.path('source'));

    const { facts, paths } = asNobody({ what: 'dump', source: place.path('source'), scratch: open('scratch') });

    expect(facts).toMatchObject({
      includedFiles: 6,
      warnings: ['unable to read (EACCES): sticky', 'unable to read (EACCES): plain.txt'],
      details: { unreadable: 2 },
    });
    expect(paths).toContain('sticky');
    expect(paths).not.toContain('plain.txt');
  });

  test('root that may not be read - SourcePrivilegeMissing', () => {
    run('chmod', ['000', place.path('source')]);

    const { error } = asNobody({ what: 'dump', source: place.path('source'), scratch: open('scratch') });
    run('chmod', ['755', place.path('source')]);

    expect(error).toBe('SourcePrivilegeMissing');
  });

  test('files that even their owner may not read, foreign owners, setuid - restored, compared, and what could not be is told', () => {
    const { result, modes } = asNobody({
      what: 'restore-odd-modes',
      target: place.path(open('parent').split('/').at(-1)!, 'target'),
      scratch: open('scratch'),
    });

    expect(modes).toEqual({ closed: '0', locked: '0', setuid: '755', 'locked/inside': '200' });
    expect(result).toMatchObject({
      compared: { equal: true, count: 5 },
      warnings: ['owners were not restored: that takes root', 'unable to make a character-device (errno 1): null'],
    });
  });

  test('target that may not be written - StorageReadOnly', () => {
    mkdirSync(place.path('closed'));
    run('chmod', ['0555', place.path('closed')]);

    const { error } = asNobody({
      what: 'restore-odd-modes',
      target: place.path('closed', 'target'),
      scratch: open('scratch'),
    });

    expect(error).toBe('StorageReadOnly');
  });
});

test('engine without perl - the probe says that attributes cannot be read', async () => {
  const { problems } = await filesEngine({ perlPath: '/no/perl' }).probe(source(), place.context());

  expect(problems).toEqual([expect.stringMatching(/perl-base/)]);
});
