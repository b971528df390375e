// Trees with everything a file system can hold, dumped, restored, and judged by other people's tools.

import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { filesEngine } from '../../lib/engines/files/engine.ts';
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

const isRoot = process.getuid?.() === 0;
const hasAttributeTools = ['getfattr', 'setfattr', 'getfacl', 'setfacl', 'rsync'].every(hasTool);

let place: Place;
beforeEach(() => {
  place = filesPlace();
});
afterEach(() => {
  place.remove();
});

async function roundTrip(settings: Readonly<Record<string, unknown>> = {}, engine = filesEngine()) {
  const source = sourceOf({ paths: [place.path('source')], ...settings });
  const dumped = await dump(place, source, { engine });
  const target = place.path('target');
  const result = await restore(place, source, [dumped.reader], { target: { kind: 'directory', path: target } }, engine);
  return { ...dumped, result, target, difference: treeDifference(place.path('source'), target) };
}

describe('round trip', () => {
  test('tree with one of everything - equal by diff and find, root included, no warning', async () => {
    makeTree(place.path('source'));
    shell('chmod 2750 . && touch -d "2020-02-02 02:02:02.020202020 UTC" .', place.path('source'));

    const { difference, result, facts, target } = await roundTrip();

    expect(difference).toBeUndefined();
    expect(run('stat', ['-c', '%a %y', target])).toBe(run('stat', ['-c', '%a %y', place.path('source')]));
    expect([facts.warnings, result.warnings]).toEqual([[], []]);
    expect(facts.details).toMatchObject({
      directories: 4,
      symlinks: 3,
      hardlinks: 1,
      others: 1,
      unreadable: 0,
      changed: 0,
      reused: 0,
    });
    expect(facts.includedFiles).toBe(7);
    expect(result).toMatchObject({ restoredEntries: 15, compared: { equal: true, count: 15 } });
  });

  test('names that are hard to handle - equal byte for byte', async () => {
    mkdirSync(place.path('source'));
    shell(
      [
        String.raw`touch -- -rf $'new\nline' ' ' 'trailing  ' '*' '?' $'tab\t' "quote's" '"' '\' '$HOME' '#' '...' '..a' '~'`,
        String.raw`touch -- $'\xff\xfe' $'latin-\xe9' 'é' $'e\xcc\x81' 'ÄÖ' 'file' 'File' $'\x01\x7f'`,
        String.raw`echo data > "$(printf 'x%.0s' {1..255})"`,
        String.raw`mkdir -p -- $'dir\xff/-/ /sub' && echo deep > $'dir\xff/-/ /sub/f\xfe'`,
        String.raw`ln -s $'target\xff\nodd' $'link\xfd' && ln $'dir\xff/-/ /sub/f\xfe' $'hard\xff' && mkfifo -- $'-fifo\xff'`,
      ].join('\n'),
      place.path('source'),
    );

    const { difference, facts } = await roundTrip();

    expect(difference).toBeUndefined();
    expect(facts.includedFiles).toBe(run('find', ['.', '-type', 'f', '-printf', 'x'], place.path('source')).length);
  });

  test('very deep tree whose absolute paths are longer than the kernel takes - restored', async () => {
    mkdirSync(place.path('source'));
    shell(
      'for n in $(seq 16); do mkdir "$(printf "d%.0s" {1..250})" && cd d*; done; echo deep > "$(printf "l%.0s" {1..70})"',
      place.path('source'),
    );
    const source = sourceOf({ paths: [place.path('source')] });
    const { reader, facts } = await dump(place, source);

    await restore(place, source, [reader], { target: { kind: 'directory', path: place.path('target') } });

    expect(facts).toMatchObject({ includedFiles: 1, warnings: [] });
    expect(listing(place.path('target'))).toBe(listing(place.path('source')));
    expect(run('find', ['.', '-type', 'f', '-execdir', 'cat', '{}', ';'], place.path('target'))).toBe('deep\n');
  });

  test('path longer than a recovery point holds - left out and counted, the rest is whole', async () => {
    mkdirSync(place.path('source'));
    shell(
      'for n in $(seq 17); do mkdir "$(printf "d%.0s" {1..250})" && cd d*; done; echo deep > leaf',
      place.path('source'),
    );

    const { facts } = await dump(place, sourceOf({ paths: [place.path('source')] }));

    expect(facts.details).toMatchObject({ directories: 16, unreadable: 1 });
  });

  test('hard links across directories, three names - one inode again', async () => {
    mkdirSync(place.path('source'));
    shell('mkdir a b && echo one > b/first && ln b/first a/second && ln b/first third', place.path('source'));

    const { target, sink } = await roundTrip();

    expect(sink.entries().map(({ path, kind }) => `${path.toString()} ${kind}`)).toEqual([
      'a directory',
      'a/second file',
      'b directory',
      'b/first hardlink',
      'third hardlink',
    ]);
    expect(run('find', ['.', '-samefile', 'third'], target).trim().split('\n').sort()).toEqual([
      './a/second',
      './b/first',
      './third',
    ]);
  });

  test('sparse file of 1 GiB - only its data is stored, its holes are holes again', async () => {
    mkdirSync(place.path('source'));
    shell(
      'truncate -s 1G image && printf middle | dd of=image bs=1 seek=600000000 conv=notrunc status=none',
      place.path('source'),
    );
    shell(
      'truncate -s 5M all-hole && printf end | dd of=hole-first bs=1 seek=3000000 status=none',
      place.path('source'),
    );

    const { sink, facts, target, difference } = await roundTrip();

    expect(difference).toBeUndefined();
    expect(sink.writtenBytes).toBeLessThan(1_000_000);
    expect(facts.details['bytesRead']).toBe(sink.writtenBytes);
    expect(sink.entry('all-hole')?.dataRanges).toEqual([]);
    run('cmp', [place.path('source', 'image'), `${target}/image`]);
    const kilobytes = Number(run('du', ['-s', '--block-size=1K', target]).split('\t')[0]);
    expect(kilobytes).toBeLessThan(2000);
  });

  test('zeros that were written - stay data and are not made holes', async () => {
    mkdirSync(place.path('source'));
    shell('dd if=/dev/zero of=zeros bs=1M count=2 status=none && sync zeros', place.path('source'));

    const { sink, target } = await roundTrip();

    expect(sink.entry('zeros')).not.toHaveProperty('dataRanges');
    expect(statSync(`${target}/zeros`).blocks * 512).toBeGreaterThanOrEqual(2 * 1024 * 1024);
  });

  test('unit that is one file, named through a symlink - its content, under the name that was given', async () => {
    writeFileSync(place.path('real.conf'), 'content');
    symlinkSync('real.conf', place.path('app.conf'));
    writeFileSync(place.path('neighbour'), 'not asked for');
    const source = sourceOf({ paths: [place.path('app.conf')] });
    const { reader, facts } = await dump(place, source);

    await restore(place, source, [reader], { target: { kind: 'directory', path: place.path('target') } });

    expect(facts.includedFiles).toBe(1);
    expect(run('ls', ['-A', place.path('target')])).toBe('app.conf\n');
    expect(readFileSync(place.path('target', 'app.conf'), 'utf8')).toBe('content');
  });

  test('several units - each below the target under its absolute path', async () => {
    for (const name of ['one', 'two']) makeTree(place.path('srv', name));
    writeFileSync(place.path('srv', 'single'), 'single file');
    const paths = [place.path('srv', 'one'), place.path('srv', 'two'), place.path('srv', 'single')];
    const source = sourceOf({ paths });
    const readers = [];
    for (const unit of paths.keys()) readers.push((await dump(place, source, { unit })).reader);

    const result = await restore(place, source, readers, { target: { kind: 'directory', path: place.path('target') } });

    expect(readers.map(({ unit }) => unit)).toEqual(['path/0', 'path/1', 'path/2']);
    expect(treeDifference(place.path('srv'), place.path('target', place.path('srv')))).toBeUndefined();
    expect(result.restoredEntries).toBe(31);
    expect(existsSync(place.path('target', '.holdfast-restore-incomplete'))).toBe(false);
  });

  test('symlinks to be followed - their targets are stored, loops and dangling ones stay symlinks', async () => {
    mkdirSync(place.path('source'));
    shell(
      'mkdir real && echo x > real/file && ln -s real alias && ln -s .. real/up && ln -s gone dangling && ln -s loop loop',
      place.path('source'),
    );

    const { sink, facts } = await roundTrip({ followSymlinks: true });

    expect(sink.entries().map(({ path, kind }) => `${path.toString()} ${kind}`)).toEqual([
      'alias directory',
      'alias/file file',
      'alias/up symlink',
      'dangling symlink',
      'loop symlink',
      'real directory',
      'real/file file',
      'real/up symlink',
    ]);
    expect(facts.warnings).toEqual([
      'kept as a symlink: it leads back to a directory above: alias/up',
      'kept as a symlink: its target cannot be reached: dangling',
      'kept as a symlink: its target cannot be reached: loop',
      'kept as a symlink: it leads back to a directory above: real/up',
    ]);
  });

  test('without perl - said on both sides, everything but attributes and nanoseconds is restored', async () => {
    makeTree(place.path('source'));
    shell('rm pipe', place.path('source'));

    const { facts, result, target } = await roundTrip({}, filesEngine({ perlPath: '/no/perl' }));

    expect(facts.warnings).toEqual([expect.stringMatching(/attributes were not captured: perl/)]);
    expect(result.warnings).toContainEqual(expect.stringMatching(/to the microsecond .* perl/));
    const rounded = (root: string): string => listing(root).replace(/\.\d{6,}/g, '');
    expect(rounded(target)).toBe(rounded(place.path('source')));
  });

  (isRoot ? test : test.skip)('as root: owners, devices and setuid of another owner - restored', async () => {
    makeTree(place.path('source'));
    shell(
      'chown 1234:4321 deep/er/script.sh link && chmod 4755 deep/er/script.sh && mknod null c 1 3 && mknod disk b 7 300 && chown -h 99:98 dangling',
      place.path('source'),
    );

    const { difference, target } = await roundTrip();

    expect(difference).toBeUndefined();
    expect(run('stat', ['-c', '%t,%T %F', 'null', 'disk'], target)).toBe(
      run('stat', ['-c', '%t,%T %F', 'null', 'disk'], place.path('source')),
    );
  });
});

(hasAttributeTools ? describe : describe.skip)('round trip judged by getfattr, getfacl and rsync', () => {
  const attributes = (root: string): string => run('getfattr', ['-R', '-h', '-d', '-m', '-', '-e', 'hex', '.'], root);

  test('attributes and ACLs on files, directories, odd names and the root - equal', async () => {
    makeTree(place.path('source'));
    shell(
      [
        'setfattr -n user.comment -v "line one" plain.txt && setfattr -n user.empty nothing && setfattr -n user.dir -v d deep',
        String.raw`touch $'odd\n\xff\\name' && setfattr -n user.odd -v 0x00ff0a $'odd\n\xff\\name' && setfattr -n "user.name with = and space" -v v plain.txt`,
        'setfacl -m u:1234:rwx,g:4321:r plain.txt && setfacl -d -m u:1234:rwx deep && setfacl -m u:77:r . && setfattr -n user.root -v r .',
        'head -c 2000 /dev/urandom | base64 -w0 > /dev/null; setfattr -n user.big -v "$(head -c 1500 /dev/zero | tr "\\0" x)" deep/large.bin',
        'chmod 0444 deep/er/script.sh && setfattr -n user.readonly -v 1 deep/er/script.sh',
      ].join('\n'),
      place.path('source'),
    );

    const { target, difference, result } = await roundTrip();

    expect(difference).toBeUndefined();
    expect(result.warnings).toEqual([]);
    expect(attributes(target)).toBe(attributes(place.path('source')));
    expect(run('getfacl', ['-R', '-p', '.'], target)).toBe(run('getfacl', ['-R', '-p', '.'], place.path('source')));
    expect(
      run('rsync', [
        '-n',
        '-aHAX',
        '--checksum',
        '--delete',
        '--itemize-changes',
        `${place.path('source')}/`,
        `${target}/`,
      ]),
    ).toBe('');
  });

  test('attributes switched off - none captured, none restored', async () => {
    makeTree(place.path('source'));
    shell('setfattr -n user.comment -v x plain.txt', place.path('source'));

    const { target, sink } = await roundTrip({ xattrs: false });

    expect(sink.entry('plain.txt')).not.toHaveProperty('xattrs');
    expect(attributes(target)).toBe('');
  });

  (isRoot ? test : test.skip)('as root: file capabilities - restored after the owner', async () => {
    mkdirSync(place.path('source'));
    shell(
      'cp /bin/true tool && chown 1234 tool && setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 tool',
      place.path('source'),
    );

    const { target } = await roundTrip();

    expect(attributes(target)).toContain('security.capability');
    expect(attributes(target)).toBe(attributes(place.path('source')));
  });
});
