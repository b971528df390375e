import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from '@jest/globals';
import wabt from 'wabt';

import { GEAR_MODULE } from './gear-module.ts';

test('gear.wat built anew - gives the committed module byte for byte', async () => {
  const { parseWat } = await wabt();
  const source = readFileSync(join(import.meta.dirname, 'gear.wat'), 'utf8');

  const built = Buffer.from(parseWat('gear.wat', source).toBinary({}).buffer).toString('base64');

  // When this fails after a change of gear.wat, paste the received value into gear-module.ts.
  expect(built).toBe(GEAR_MODULE);
});
