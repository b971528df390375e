// Tests how a client finds the API and its token.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeToken, tokenFileText } from '../../access/token.ts';
import { findConnection } from './connection.ts';

const grant = makeToken({ id: 'operator:local', roles: ['backup_admin'] }, randomBytes);
let folder: string;
let configFile: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-connection-'));
  configFile = path.join(folder, 'holdfast.yaml');
  mkdirSync(path.join(folder, '.holdfast'));
  writeFileSync(path.join(folder, '.holdfast', 'token.json'), tokenFileText([grant]));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('findConnection', () => {
  test.each([
    ['version: 1', 'http://127.0.0.1:7420'],
    ['platform: { api: { port: 9000 } }', 'http://127.0.0.1:9000'],
    ['platform: { api: { host: 0.0.0.0, port: 9000 } }', 'http://127.0.0.1:9000'],
    ['platform: { api: { host: "::1" } }', 'http://[::1]:7420'],
  ])('configuration %j - %s', (text, url) => {
    writeFileSync(configFile, text);

    expect(findConnection({ configFile, environment: {} })).toEqual({ url, token: grant.token });
  });

  test('HOLDFAST_URL - wins over the file, which need not exist', () => {
    const environment = { HOLDFAST_URL: 'https://backup.example/' };

    expect(findConnection({ configFile, environment }).url).toBe('https://backup.example');
  });

  test.each(['backup.example', 'ftp://backup.example', 'https://user:secret@backup.example'])(
    'HOLDFAST_URL %s - refused',
    (url) => {
      expect(() => findConnection({ configFile, environment: { HOLDFAST_URL: url } })).toThrow(
        expect.objectContaining({ name: 'InvalidConfiguration' }),
      );
    },
  );

  test('no configuration - says what to run', () => {
    expect(() => findConnection({ configFile, environment: {} })).toThrow(/holdfast init/);
  });

  test('no token file - says what to run', () => {
    writeFileSync(configFile, 'version: 1');
    rmSync(path.join(folder, '.holdfast'), { recursive: true });

    expect(() => findConnection({ configFile, environment: {} })).toThrow(/holdfast init/);
  });
});
