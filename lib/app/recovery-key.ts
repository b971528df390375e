// The recovery key of an installation: what of it is here, and whether a printed one fits.

import { readFileSync } from 'node:fs';
import { HoldfastError } from '../domain/errors.ts';
import { recipientFrom, recoveryKeyProvider } from '../repository/recovery-key.ts';
import { homeOf, recoveryRecipientFile } from './home.ts';

export interface RecoveryKeyFacts {
  readonly file: string;
  readonly keyId: string;
}

/** @throws NotFound when `init` never made one */
export function recoveryKeyOf(configFile: string): RecoveryKeyFacts {
  const file = recoveryRecipientFile(homeOf(configFile));
  try {
    return { file, keyId: recipientFrom(readFileSync(file, 'utf8')).keyId };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new HoldfastError('NotFound', `no recovery key: '${file}' is missing`, { file }, { cause: error });
  }
}

/** Whether the printed private half belongs to the public half that is here. @throws InvalidRequest when it was mistyped */
export async function fitsRecoveryKey(configFile: string, printed: string): Promise<boolean> {
  const { keyId } = recoveryKeyOf(configFile);
  const described = await recoveryKeyProvider(printed).describe();
  return described.keyId === keyId;
}
