// Where the API finds the tokens it accepts: bound by the embedded server, named by the environment in a cloud function.

import { AsyncLocalStorage } from 'node:async_hooks';
import { parseTokenFile } from '../../access/token.ts';
import type { TokenGrant } from '../../access/token.ts';
import type { Platform } from '../../ports/platform.ts';

const bound = new AsyncLocalStorage<string>();

/** Runs `work` with the secret reference of the token file, for example `file:/srv/backup/.holdfast/token.json`. */
export const runWithTokens = <T>(reference: string, work: () => Promise<T>): Promise<T> => bound.run(reference, work);

/** Read at every request, so that a changed file takes effect at once. No reference means that nobody may call. */
export async function acceptedTokens(platform: Platform): Promise<readonly TokenGrant[]> {
  const reference = bound.getStore() ?? process.env['HOLDFAST_TOKENS'];
  if (reference === undefined || reference === '') return [];
  const secret = await platform.secrets.read(reference);
  return parseTokenFile(secret.reveal());
}
