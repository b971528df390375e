// Applies the house rules to every file of the project, and each rule first to a sample that it must reject.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { projectFiles } from '../../scripts/project-files.ts';
import { repositoryRoot } from '../../scripts/repository-root.ts';
import {
  hasNoLooseNotes,
  isInKnownLayer,
  isKebabCase,
  isNamedForItsThing,
  isNoBarrel,
  isShort,
  namesNoDeveloperFolder,
  namesNoRegistry,
  opensWithSentence,
  type ProjectFile,
  type TidyRule,
} from './tidiness.ts';

const layers = JSON.parse(readFileSync(join(import.meta.dirname, 'layers.json'), 'utf8')) as Record<string, string[]>;
const sentence = '// Says what this file is for.\n';
const slash = '/';

interface RuleCase {
  readonly title: string;
  readonly rule: TidyRule;
  readonly wrong: readonly ProjectFile[];
  readonly right: readonly ProjectFile[];
}

const cases: readonly RuleCase[] = [
  {
    title: 'a source file opens with a sentence',
    rule: opensWithSentence,
    wrong: [
      { path: 'lib/domain/chain.ts', text: "import { z } from 'zod';\n" },
      { path: 'cli/main.ts', text: '// main\nexport const a = 1;\n' },
    ],
    right: [
      { path: 'lib/domain/chain.ts', text: sentence },
      { path: 'lib/domain/hold.ts', text: '/**\n * Says what this file\n * is for.\n */\nexport {};\n' },
      { path: 'lib/domain/hold.test.ts', text: 'test();\n' },
    ],
  },
  {
    title: 'a file has at most 500 lines',
    rule: isShort,
    wrong: [{ path: 'lib/recovery/restore-source.ts', text: 'step();\n'.repeat(501) }],
    right: [{ path: 'lib/recovery/restore-source.ts', text: 'step();\n'.repeat(500) }],
  },
  {
    title: 'a name says what the thing is',
    rule: isNamedForItsThing,
    wrong: [
      { path: 'lib/backup/backup-manager.ts', text: '' },
      { path: 'lib/utils/time.ts', text: '' },
      { path: 'test/helpers/clock.ts', text: '' },
    ],
    right: [
      { path: 'lib/domain/database.ts', text: '' },
      { path: 'lib/engines/postgresql/base-backup.ts', text: '' },
    ],
  },
  {
    title: 'names are in kebab-case',
    rule: isKebabCase,
    wrong: [
      { path: 'lib/domain/backupRecord.ts', text: '' },
      { path: 'lib/domain/backup_record.ts', text: '' },
    ],
    right: [
      { path: 'lib/domain/backup-record.ts', text: '' },
      { path: 'docs/README.md', text: '' },
    ],
  },
  {
    title: 'a note of work to do has its issue',
    rule: hasNoLooseNotes,
    wrong: [{ path: 'lib/domain/chain.ts', text: `${sentence}// ${'TO' + 'DO'}: later\n` }],
    right: [{ path: 'lib/domain/chain.ts', text: `${sentence}// ${'TO' + 'DO'} #12: later\n` }],
  },
  {
    title: 'no barrel inside a layer',
    rule: isNoBarrel,
    wrong: [{ path: 'lib/domain/index.ts', text: sentence }],
    right: [{ path: 'lib/repository/index-delta.ts', text: sentence }],
  },
  {
    title: 'every folder of lib is a known layer',
    rule: isInKnownLayer(Object.values(layers).flat()),
    wrong: [{ path: 'lib/services/backup.ts', text: sentence }],
    right: [{ path: 'lib/backup/dump-source.ts', text: sentence }],
  },
  {
    title: 'no file names the host of a package registry',
    rule: namesNoRegistry,
    wrong: [
      {
        path: 'package-lock.json',
        text: `"resolved": "https:${slash}${slash}${['registry', 'npmjs', 'org'].join('.')}/pg"`,
      },
      { path: 'Dockerfile', text: `RUN curl ${['deb', 'debian', 'org'].join('.')}/x` },
    ],
    right: [{ path: 'README.md', text: 'the engine registry, the package registry' }],
  },
  {
    title: 'no file names a folder of one developer',
    rule: namesNoDeveloperFolder,
    wrong: [
      { path: 'docs/setup.md', text: `cd ${['', 'home', 'anna', 'holdfast'].join(slash)}` },
      { path: 'scripts/a.ts', text: `open('${['', 'Users', 'anna'].join(slash)}')` },
    ],
    right: [{ path: 'docs/setup.md', text: 'see lib/work/queue.ts, https://example.org/home/page and $HOME/holdfast' }],
  },
];

describe.each(cases)('$title', ({ rule, wrong, right }) => {
  test('wrong samples are rejected', () => {
    expect(wrong.filter((file) => rule(file).length === 0)).toEqual([]);
  });

  test('right samples pass', () => {
    expect(right.flatMap((file) => rule(file))).toEqual([]);
  });

  test('every file of the project passes', async () => {
    const files = await textFiles();

    const complaints = files.flatMap((file) => rule(file).map((complaint) => `${file.path}: ${complaint}`));
    expect(complaints).toEqual([]);
    expect(files.length).toBeGreaterThan(50);
  });
});

let loaded: Promise<readonly ProjectFile[]> | undefined;

/** Every text file, read once; import rule examples have their own purpose and are left out. */
async function textFiles(): Promise<readonly ProjectFile[]> {
  loaded ??= projectFiles().then((paths) =>
    paths
      .filter((path) => !/^test\/architecture\/(violations|accepted)\//.test(path))
      .map((path) => ({ path, text: readFileSync(join(repositoryRoot, path), 'utf8') }))
      .filter((file) => !file.text.includes('\0')),
  );
  return await loaded;
}
