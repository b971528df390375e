// Settings of a file source: what is refused, and what a refusal names.

import { describe, expect, test } from '@jest/globals';

import { HoldfastError } from '../../domain/errors.ts';
import { filesSettings, parseSettings } from './settings.ts';

const refusalOf = (settings: Readonly<Record<string, unknown>>, method = 'tree'): HoldfastError => {
  try {
    parseSettings(method, settings);
  } catch (error) {
    if (error instanceof HoldfastError) return error;
  }
  throw new Error('the settings were not refused');
};

describe('settings of a file source', () => {
  test('paths alone - defaults are filled in, paths made plain', () => {
    expect(parseSettings('tree', { paths: ['/srv//data/./a/', '/'.concat('srv/other')] })).toEqual({
      paths: ['/srv/data/a', '/srv/other'],
      exclude: [],
      followSymlinks: false,
      oneFileSystem: true,
      xattrs: true,
    });
  });

  test('settings that were parsed - parse to the same again', () => {
    const parsed = parseSettings('tree', { paths: ['/'], exclude: ['!a/'], xattrs: false });

    expect(filesSettings(parsed)).toEqual(parsed);
  });

  test.each(['rsync', 'tar'])('method %s - taken for tree', (method) => {
    expect(parseSettings(method, { paths: ['/srv'] })).toMatchObject({ paths: ['/srv'] });
  });

  test('unknown method - CapabilityUnsupported', () => {
    expect(refusalOf({ paths: ['/srv'] }, 'snapshot').name).toBe('CapabilityUnsupported');
  });

  test.each([
    ['no paths', { paths: [] }, 'paths'],
    ['a relative path', { paths: ['srv'] }, 'paths.0'],
    ['a path that climbs', { paths: ['/srv', '/srv/../etc'] }, 'paths.1'],
    ['a path with NUL', { paths: ['/a\0b'] }, 'paths.0'],
    ['a path twice', { paths: ['/srv', '/srv/'] }, 'paths.1'],
    ['a path inside another', { paths: ['/srv/a', '/srv'] }, 'paths.0'],
    ['everything and a part of it', { paths: ['/', '/srv'] }, 'paths.1'],
    ['a misspelt key', { paths: ['/srv'], exlude: ['x'] }, 'exlude'],
    ['a pattern with a class', { paths: ['/srv'], exclude: ['ok', '[a]'] }, 'exclude.1'],
    ['too many patterns', { paths: ['/srv'], exclude: Array.from({ length: 201 }, () => 'x') }, 'exclude'],
    ['a text for a flag', { paths: ['/srv'], xattrs: 'yes' }, 'xattrs'],
  ])('%s - InvalidConfiguration naming its place', (_, settings, path) => {
    expect(refusalOf(settings)).toMatchObject({ name: 'InvalidConfiguration', facts: { path } });
  });

  test('paths with a common beginning - are not inside each other', () => {
    expect(parseSettings('tree', { paths: ['/srv/a', '/srv/ab'] })).toMatchObject({ paths: ['/srv/a', '/srv/ab'] });
  });
});
