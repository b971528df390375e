// Nothing stored is deleted before the deletion protocol is built: no code but the adapters and the port itself knows the call.

import { describe, expect, it } from '@jest/globals';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { repositoryRoot } from '../../scripts/repository-root.ts';

/** The port, its adapters, and the decorators of tests. */
const MAY_NAME_IT = /^lib\/(ports|clouds)\//;
const SOURCES_MIN = 200;

describe('deletion', () => {
  it('deleteVersion - is called by nothing outside the adapters (trap 33)', () => {
    const sources = globSync('{lib,functions,cli}/**/*.ts', { cwd: repositoryRoot }).filter(
      (file) => !file.endsWith('.test.ts'),
    );
    const callers = sources.filter(
      (file) =>
        !MAY_NAME_IT.test(file) && readFileSync(path.join(repositoryRoot, file), 'utf8').includes('deleteVersion'),
    );

    expect(sources.length).toBeGreaterThan(SOURCES_MIN);
    expect(callers).toEqual([]);
  });
});
