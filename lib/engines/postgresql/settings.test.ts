// Settings: strict, without secrets, and no value that a client library would read as more than it says.
import { describe, expect, test } from '@jest/globals';

import { parseSettings, tlsOf } from './settings.ts';

const BASE = { host: 'db.example', user: 'backup' };

describe('PostgreSQL settings', () => {
  test('the least that is needed - defaults are filled in', () => {
    expect(parseSettings('physical', BASE)).toEqual({
      host: 'db.example',
      port: 5432,
      user: 'backup',
      database: 'postgres',
      checkpoint: 'fast',
    });
  });

  test('parsed twice - the same: they cross processes as plain data', () => {
    for (const method of ['physical', 'logical']) {
      const once = parseSettings(method, { ...BASE, credentialRef: 'env:PGPASS', tls: 'require' });
      expect(parseSettings(method, JSON.parse(JSON.stringify(once)) as Record<string, unknown>)).toEqual(once);
    }
  });

  test('an address without a password - is taken apart', () => {
    expect(parseSettings('physical', { url: 'postgres://back%20up@[::1]:5433/my%2Fdb' })).toMatchObject({
      host: '::1',
      port: 5433,
      user: 'back up',
      database: 'my/db',
    });
    expect(parseSettings('physical', { url: 'postgresql://backup@db' })).toMatchObject({
      host: 'db',
      port: 5432,
      database: 'postgres',
    });
  });

  test.each([
    ['a password in the address', { url: 'postgres://backup:secret@db/x' }],
    ['a password as a parameter', { url: 'postgres://backup@db/x?password=secret' }],
    ['a password as a setting', { ...BASE, password: 'secret' }],
    ['a connection string', { ...BASE, connectionString: 'postgres://backup:secret@db/x' }],
  ])('%s - SecretInConfiguration, which does not repeat it', (_what, settings) => {
    const parse = (): unknown => parseSettings('physical', settings);

    expect(parse).toThrow(expect.objectContaining({ name: 'SecretInConfiguration' }));
    expect(parse).not.toThrow(/secret@|=secret|'secret'/);
  });

  test.each([
    ['an unknown key', { ...BASE, hots: 'x' }, 'hots'],
    ['no host', { user: 'backup' }, 'host'],
    ['a list of hosts', { ...BASE, host: 'a,b' }, 'host'],
    ['a host with options', { ...BASE, host: 'db port=1' }, 'host'],
    ['a port out of range', { ...BASE, port: 70_000 }, 'port'],
    ['a name that is too long', { ...BASE, database: 'x'.repeat(64) }, 'database'],
    ['a name with a NUL', { ...BASE, user: 'a\0b' }, 'user'],
    ['a reference that is a value', { ...BASE, credentialRef: 'hunter2' }, 'credentialRef'],
    ['a relative folder', { ...BASE, serverBinDir: 'bin' }, 'serverBinDir'],
    ['parameters of an address', { url: 'postgres://backup@db/x?sslmode=disable' }, 'url'],
    ['an address of something else', { url: 'mysql://backup@db/x' }, 'url'],
    ['a setting of the other method', { ...BASE, databases: ['x'] }, 'databases'],
  ])('%s - InvalidConfiguration naming it', (_what, settings, path) => {
    expect(() => parseSettings('physical', settings)).toThrow(
      expect.objectContaining({ name: 'InvalidConfiguration', facts: { path } }),
    );
  });

  test('names that look like options or addresses - stay names', () => {
    const databases = ['host=evil', 'postgres://evil/x', '-f', "quo'te", 'ünïcode'];

    expect(parseSettings('logical', { ...BASE, databases })).toMatchObject({ databases });
  });

  test('another method - CapabilityUnsupported', () => {
    expect(() => parseSettings('snapshot', BASE)).toThrow(expect.objectContaining({ name: 'CapabilityUnsupported' }));
    expect(() => parseSettings('constructor', BASE)).toThrow(
      expect.objectContaining({ name: 'CapabilityUnsupported' }),
    );
  });

  test.each([
    ['db.example', 'verify-full'],
    ['10.0.0.7', 'verify-full'],
    ['127.0.0.1', 'off'],
    ['localhost', 'off'],
    ['/run/postgresql', 'off'],
  ])('encryption to %s when nothing is said - %s', (host, tls) => {
    expect(tlsOf({ host, port: 5432, user: 'u', database: 'd' })).toBe(tls);
  });
});
