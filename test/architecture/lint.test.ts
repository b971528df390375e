// Proves the lint rules that guard time, ids, environment and shells: each rejects its sample where it must and only there.
import { expect, test } from '@jest/globals';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

import { repositoryRoot } from '../../scripts/repository-root.ts';

// The guarded rules need no types, and samples that are no files have none.
const eslint = new ESLint({
  cwd: repositoryRoot,
  overrideConfig: [
    { ...tseslint.configs.disableTypeChecked, files: ['**/*.ts'] },
    { files: ['**/*.ts'], languageOptions: { parserOptions: { projectService: false } } },
  ] as NonNullable<ESLint.Options['overrideConfig']>,
});

const clock = ['Date.now()', 'new Date()', 'Date()', 'performance.now()', 'process.hrtime()'];
const ids = ['crypto.randomUUID()', 'Math.random()'];
const environment = ['process.env', 'process.exit(1)'];
const shells = [
  "spawn('ls', [], { shell: true })",
  "spawn('ls', { shell: '/bin/sh' })",
  "childProcess.exec('ls')",
  "childProcess.execSync('ls')",
];

const pure = [
  'lib/domain/sample.ts',
  'lib/backup/sample.ts',
  'lib/engines/redis/sample.ts',
  'functions/tick/handler.ts',
];

test.each(cases([...clock, ...ids, ...environment], pure))('%s is refused in %s', rejects);
test.each(cases([...clock, ...ids], ['cli/main.ts', 'lib/app/sample.ts']))('%s is refused in %s', rejects);
test.each(cases(shells, [...pure, 'cli/main.ts', 'scripts/sample.ts', 'test/e2e/sample.test.ts']))(
  '%s is refused in %s',
  rejects,
);
test.each(cases(environment, ['lib/clouds/local/clock.ts']))('%s is refused in %s', rejects);

test.each([
  ...cases(
    [...clock, ...ids],
    ['lib/clouds/local/clock.ts', 'lib/clouds/aws/ids.ts', 'scripts/sample.ts', 'lib/domain/a.test.ts'],
  ),
  ...cases(environment, ['lib/app/sample.ts', 'cli/main.ts', 'scripts/sample.ts', 'bench/main.ts']),
  ...cases(['new Date(0)', "spawn('ls', { shell: false })"], pure),
])('%s is allowed in %s', async (code, file) => {
  expect(await findings(`export const sample = ${code};\n`, file)).toEqual([]);
});

test.each([
  ["import { exec } from 'node:child_process';\nexport const run = exec;\n", 'scripts/sample.ts'],
  ["import { randomUUID } from 'node:crypto';\nexport const id = randomUUID;\n", 'lib/domain/sample.ts'],
  ["import { env } from 'node:process';\nexport const settings = env;\n", 'lib/backup/sample.ts'],
  ['export default 1;\n', 'lib/domain/sample.ts'],
  ["test.only('one', () => undefined);\n", 'lib/domain/sample.test.ts'],
  ["jest.mock('./clock.ts');\n", 'lib/domain/sample.test.ts'],
])('%j is refused in %s', async (code, file) => {
  expect(await findings(code, file)).toHaveLength(1);
});

async function rejects(code: string, file: string): Promise<void> {
  expect(await findings(`export const sample = ${code};\n`, file)).toHaveLength(1);
}

/** The guarded rules that fired. */
async function findings(code: string, file: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: file });
  const fatal = result?.messages.filter((message) => message.fatal) ?? [];
  expect(fatal).toEqual([]);
  return (result?.messages ?? []).flatMap(({ ruleId }) => (ruleId?.startsWith('no-restricted-') ? [ruleId] : []));
}

function cases(samples: readonly string[], files: readonly string[]): [string, string][] {
  return samples.flatMap((sample) => files.map((file): [string, string] => [sample, file]));
}
