// The platform's own folder `.holdfast` beside its configuration: catalog, keys, token, staging.

import path from 'node:path';

/** HOLDFAST_HOME moves it elsewhere. */
export const homeOf = (configFile: string): string =>
  process.env['HOLDFAST_HOME'] ?? path.join(path.dirname(path.resolve(configFile)), '.holdfast');

export const tokenFileOf = (home: string): string => path.join(home, 'token.json');
/** Public half of the recovery key; the private half was printed once and lies nowhere here. */
export const recoveryRecipientFile = (home: string): string => path.join(home, 'recovery-recipient');
