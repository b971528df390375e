// Tests that the reference of holdfast.yaml leaves no key unexplained and that the examples fit the published schema.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';

import { repositoryRoot } from '../repository-root.ts';
import { documents } from './configuration.ts';

const rendered = async (file: string): Promise<string> =>
  await documents.find((document) => document.file === file)!.render();

describe('the reference of holdfast.yaml', () => {
  test('every key - has its meaning', async () => {
    const lines = (await rendered('docs/reference/configuration.md'))
      .split('\n')
      .filter((line) => line.startsWith('| `'));

    expect(lines.length).toBeGreaterThan(80);
    expect(lines.filter((line) => line.endsWith('|  |'))).toEqual([]);
  });

  test.each(['platform', 'quickstart'])('the example of %s - fits the published JSON Schema', async (name) => {
    const schema = JSON.parse(await rendered('examples/holdfast.schema.json')) as Parameters<
      typeof z.fromJSONSchema
    >[0];
    const example = parse(readFileSync(join(repositoryRoot, 'examples', name, 'holdfast.yaml'), 'utf8')) as unknown;

    expect(z.fromJSONSchema(schema).safeParse(example).error).toBeUndefined();
  });
});
