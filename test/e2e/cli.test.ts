// The command line from the first question to a proven restore, with real processes on a real platform.

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCipheriv } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { cliWorld } from './cli-runner.ts';

const world = cliWorld();
const { run } = world;
const at = (...parts: string[]): string => path.join(world.folder, ...parts);
let recoveryKey = '';

beforeAll(() => {
  mkdirSync(at('data', 'deep'), { recursive: true });
  writeFileSync(at('data', 'hello.txt'), 'hello');
  writeFileSync(at('data', 'deep', 'random.bin'), incompressible(400_000));
});
afterAll(async () => await world.close());

describe('before there is a platform', () => {
  test('no command - the help, exit 0', async () => {
    const { code, stdout } = await run([]);

    expect(code).toBe(0);
    expect(stdout).toContain('Exit codes: 0 done');
  });

  test.each([
    [['statu'], 'Did you mean status?'],
    [['backup', 'nwo'], 'Did you mean now?'],
    [['status', '--jsn'], 'Did you mean --json?'],
    [['backup', 'now', '--type', 'fall', 'x'], 'Allowed choices'],
    [['why'], "missing required argument 'store'"],
  ])('holdfast %j - exit 2 with a suggestion, nothing on standard output', async (arguments_, words) => {
    const { code, stdout, stderr } = await run(arguments_);

    expect(code).toBe(2);
    expect(stderr).toContain(words);
    expect(stdout).toBe('');
  });

  test('status without a configuration - exit 2 and what to run', async () => {
    const { code, stderr } = await run(['status']);

    expect(code).toBe(2);
    expect(stderr).toContain('holdfast init');
  });

  test('init without answers and without anybody to ask - exit 2 naming the option', async () => {
    const { code, stderr } = await run(['init', '--non-interactive']);

    expect(code).toBe(2);
    expect(stderr).toContain('--country');
  });
});

describe('init', () => {
  test('the first time - makes every file, shows the recovery key once', async () => {
    const { code, json } = await run([
      'init',
      '--country',
      'RU',
      '--second-location',
      './second',
      '--files',
      './data',
      '--time-zone',
      'Europe/Moscow',
      '--json',
    ]);

    expect(code).toBe(0);
    recoveryKey = json.recoveryKey;
    expect(recoveryKey).toMatch(/^HFRK1(-[0-9A-Z]{4})+$/);
    expect(statSync(at('.holdfast', 'token.json')).mode & 0o077).toBe(0);
    expect(readFileSync(at('holdfast.yaml'), 'utf8')).not.toContain(recoveryKey);
  });

  test('the second time - changes nothing, shows no key', async () => {
    const before = readFileSync(at('.holdfast', 'token.json'), 'utf8');

    const { code, stdout } = await run(['init']);

    expect(code).toBe(0);
    expect(stdout).toContain('nothing was changed');
    expect(stdout).not.toContain('HFRK1');
    expect(readFileSync(at('.holdfast', 'token.json'), 'utf8')).toBe(before);
  });

  test('the recovery key - fits when typed right, is refused when it is another one', async () => {
    expect((await run(['recovery-key', '--check'], { input: `${recoveryKey}\n` })).code).toBe(0);

    const wrong = await run(['recovery-key', '--check'], {
      input: recoveryKey.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
    });

    expect(wrong.code).not.toBe(0);
  });

  test('policy validate - valid; with a typo exit 2, the line and a caret', async () => {
    expect((await run(['policy', 'validate'])).code).toBe(0);
    writeFileSync(at('wrong.yaml'), readFileSync(at('holdfast.yaml'), 'utf8').replace('timezone:', 'timezon:'));

    const { code, stdout } = await run(['policy', 'validate', 'wrong.yaml']);

    expect(code).toBe(2);
    expect(stdout).toMatch(/^wrong\.yaml:3:1 {2}error/m);
    expect(stdout).toMatch(/^\^+$/m);
  });

  test('policy explain - names the line of every value', async () => {
    const { code, json } = await run(['policy', 'explain', 'files', '--json']);

    expect(code).toBe(0);
    expect(json.values).toContainEqual(expect.objectContaining({ key: 'rpo', value: '26h', level: 'class' }));
    expect(json.nextRuns[0].runs).toHaveLength(5);
  });

  test('status while nothing runs - exit 7 and what to start', async () => {
    const { code, stdout, stderr, json } = await run(['status', '--json'], {
      env: { HOLDFAST_URL: 'http://127.0.0.1:1' },
    });

    expect(code).toBe(7);
    expect(json.errors[0].code).toBe('API_UNREACHABLE');
    expect(stdout).not.toContain('hint');
    expect(stderr).toContain('holdfast up');
  });
});

describe('a platform that is up', () => {
  beforeAll(async () => await world.up());

  test('doctor - everything is in place', async () => {
    const { code, json } = await run(['doctor', '--json']);

    expect(json.checks.filter((check: { verdict: string }) => check.verdict === 'failed')).toEqual([]);
    expect(code).toBe(0);
  });

  test('doctor with a token that others can read - exit 6 and the cure', async () => {
    chmodSync(at('.holdfast', 'token.json'), 0o644);

    const { code, stdout } = await run(['doctor']);
    chmodSync(at('.holdfast', 'token.json'), 0o600);

    expect(code).toBe(6);
    expect(stdout).toContain('chmod 600');
  });

  test('status before the first backup - exit 4, unprotected, and the command that cures it', async () => {
    const { code, stdout, stderr } = await run(['status']);

    expect(code).toBe(4);
    expect(stdout).toContain('∅ UNPROTECTED');
    expect(stderr).toContain('Next: holdfast backup now files --wait');
  });

  test('status in Russian by LANG - Russian words', async () => {
    const { stdout } = await run(['status'], { env: { LANG: 'ru_RU.UTF-8' } });

    expect(stdout).toContain('НЕ ЗАЩИЩЕНО');
  });

  test('backup now --wait - exit 0, both copies read back; progress on standard error without escapes', async () => {
    const { code, stdout, stderr } = await run(['backup', 'now', 'files', '--wait']);

    expect(code).toBe(0);
    expect(stdout).toMatch(/✓ completed {2}main\/files {2}bkp_/);
    expect(stdout.match(/every byte read back/g)).toHaveLength(2);
    expect(stderr).not.toContain('\u001b');
  });

  test('status after it - exit 0, met', async () => {
    const { code, json } = await run(['status', '--json']);

    expect(code).toBe(0);
    expect(json.stores[0]).toMatchObject({
      state: 'met',
      copies: { found: 2, demanded: 2 },
      timeZone: 'Europe/Moscow',
    });
  });

  test('restore plan, then run - the data is back, equal, and a second run into it is refused with exit 5', async () => {
    const plan = await run(['restore', 'plan', 'files', '--to-dir', 'restored', '--json']);
    expect(plan.json.guards.every((guard: { verdict: string }) => guard.verdict === 'pass')).toBe(true);

    const { code, json } = await run(['restore', 'run', 'files', '--plan', plan.json.id, '--json']);

    expect(code).toBe(0);
    expect(json).toMatchObject({ status: 'completed', proof: { equal: true } });
    const found = readdirSync(at('restored'), { recursive: true, encoding: 'utf8' }).find((name) =>
      name.endsWith('random.bin'),
    );
    expect(readFileSync(at('restored', found!))).toEqual(readFileSync(at('data', 'deep', 'random.bin')));
    expect((await run(['restore', 'run', 'files', '--to-dir', 'restored'])).code).toBe(5);
  });

  test.each([[[]], [['--yes', '--no-input']], [['--confirm', 'yes']], [['--confirm', 'FILES', '--yes']]])(
    'restore run --in-place %j - exit 5, the source is untouched',
    async (extra) => {
      const before = statSync(at('data', 'hello.txt')).mtimeMs;

      const { code, stderr } = await run(['restore', 'run', 'files', '--in-place', ...extra]);

      expect(code).toBe(5);
      expect(stderr).toContain('--confirm files');
      expect(statSync(at('data', 'hello.txt')).mtimeMs).toBe(before);
    },
  );

  test('the API itself without the name - refuses too: the guard is not in the client', async () => {
    const plan = await run(['restore', 'plan', 'files', '--in-place', '--json']);

    const { code, json } = await run(['restore', 'run', 'files', '--plan', plan.json.id, '--json']);

    expect(code).toBe(5);
    expect(json.errors[0].code).toBe('CONFIRMATION_REQUIRED');
  });

  test('a password in --to-url - exit 2 with the cure, never repeated', async () => {
    const { code, stdout, stderr } = await run(['restore', 'run', 'files', '--to-url', 'postgres://u:hunter2@h:5432/']);

    expect(code).toBe(2);
    expect(stderr).toContain('--credential-ref');
    expect(stdout + stderr).not.toContain('hunter2');
  });

  test('verify - every byte and a test restore, exit 0', async () => {
    expect((await run(['verify', '--all', '--json'])).json.validations[0].result).toMatchObject({ verdict: 'passed' });
    expect((await run(['verify', 'files', '--test-restore'])).code).toBe(0);
  });

  test('backup list and show - one JSON document each', async () => {
    const list = await run(['backup', 'list', 'files', '--json']);
    const show = await run(['backup', 'show', list.json.items[0].id, '--json']);

    expect(show.json).toMatchObject({ id: list.json.items[0].id, operation: { status: 'succeeded' } });
  });

  test('an unknown store - exit 2, nothing on standard output', async () => {
    const { code, stdout, stderr } = await run(['backup', 'now', 'fils', '--wait']);

    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain("did you mean 'files'?");
  });

  test('another token - exit 6', async () => {
    writeFileSync(
      at('other.json'),
      readFileSync(at('.holdfast', 'token.json'), 'utf8').replace(/hft_.{8}/, 'hft_AAAAAAAA'),
      { mode: 0o600 },
    );

    const { code } = await run(['status'], { env: { HOLDFAST_TOKEN_FILE: at('other.json') } });

    expect(code).toBe(6);
  });

  test('a source that is gone - backup now ends with the exit code of its cause, and why names it', async () => {
    renameSync(at('data'), at('gone'));

    const backup = await run(['backup', 'now', 'files', '--wait', '--json']);
    const why = await run(['why', 'files', '--json']);
    renameSync(at('gone'), at('data'));

    const [failed] = backup.json.backups;
    expect(failed.status).toBe('failed');
    expect(backup.code).toBe(7);
    expect(why.json.cause.code).toBe(failed.cause.code);
    expect(why.json.restorable).toContain('Restorable to');
    expect((await run(['status'])).stdout).toContain('AT RISK');
  });

  test('stored bytes are damaged in one copy - verify ends with exit 1, and status says so', async () => {
    damage(at('second'));

    const { code, json } = await run(['verify', '--all', '--json']);

    expect(code).toBe(1);
    expect(
      json.validations.some((validation: { result?: { verdict: string } }) => validation.result?.verdict === 'failed'),
    ).toBe(true);
    expect((await run(['status'])).code).toBe(4);
  });

  test('Ctrl-C - the platform ends by itself with exit 0', async () => {
    expect(await world.down('SIGINT')).toBe(0);
  });
});

/** The same bytes every time, and none that a compressor could save: the largest stored object is then a pack of ours. */
function incompressible(length: number): Buffer {
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(length));
}

/** Flips a byte in the middle of the largest stored object. */
function damage(folder: string): void {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted((left, right) => statSync(right).size - statSync(left).size);
  const [largest] = files;
  const bytes = readFileSync(largest!);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = bytes[middle]! ^ 1;
  chmodSync(largest!, 0o600);
  writeFileSync(largest!, bytes);
}
