// Makes a platform's own files: configuration, location markers, key file, API token, recovery key. Overwrites nothing.

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { tokenFileText, makeToken } from '../access/token.ts';
import { clouds } from '../clouds/registry.ts';
import { HoldfastError } from '../domain/errors.ts';
import { generateRecoveryKey } from '../repository/recovery-key.ts';
import { homeOf, recoveryRecipientFile, tokenFileOf } from './home.ts';
import { readConfiguration } from './wiring.ts';

const { local } = clouds;

export interface InitRequest {
  /** Path of the new configuration file. */
  readonly configFile: string;
  /** Its text, as the command line made it from the answers; undefined when the file exists already. */
  readonly text: string | undefined;
}

export interface Initialised {
  /** The private half: shown once, kept nowhere. Undefined when a recovery key had been made before. */
  readonly recoveryKey: string | undefined;
  readonly files: readonly string[];
}

/** @throws InvalidConfiguration; IdempotencyConflict when the file exists and a text was given */
export async function initialisePlatform({ configFile, text }: InitRequest): Promise<Initialised> {
  const files: string[] = [];
  if (text !== undefined) {
    if (existsSync(configFile))
      throw new HoldfastError('IdempotencyConflict', `unable to write '${configFile}': it exists already`, {
        file: configFile,
      });
    await mkdir(path.dirname(path.resolve(configFile)), { recursive: true });
    await writeFile(configFile, text, { flag: 'wx' });
    files.push(configFile);
  }
  const configuration = readConfiguration(configFile);
  const home = homeOf(configFile);
  await mkdir(path.join(home, 'keys'), { recursive: true, mode: 0o700 });
  for (const location of configuration.locations) {
    if (location.kind !== 'directory') continue;
    const directory = String(location.settings['path']);
    await local.writePlaceMarker(directory, placeOf(location));
    const keyFile = location.settings['keyFile'];
    if (typeof keyFile === 'string') await makeKeyFile(keyFile, configuration.country, files);
  }
  await makeKeyFile(local.defaultKeyFile(home), configuration.country, files);
  await makeTokenFile(home, files);
  return { recoveryKey: await makeRecoveryKey(home, files), files };
}

const placeOf = ({
  country,
  region,
  dataCenter,
  failureDomain,
}: {
  country: string;
  region: string;
  dataCenter: string;
  failureDomain: string;
}) => ({
  country,
  region,
  dataCenter,
  failureDomain,
});

async function makeKeyFile(file: string, country: string | undefined, files: string[]): Promise<void> {
  if (existsSync(file)) return;
  await local.createKeyFile(file, { country });
  files.push(file);
}

async function makeTokenFile(home: string, files: string[]): Promise<void> {
  const file = tokenFileOf(home);
  if (existsSync(file)) return;
  const ids = local.createIdSource(local.clock);
  const grant = makeToken(
    { id: 'operator:local', roles: ['backup_admin', 'backup_operator', 'recovery_specialist', 'compliance_officer'] },
    (length) => ids.randomBytes(length),
  );
  await writeFile(file, tokenFileText([grant]), { mode: 0o600, flag: 'wx' });
  files.push(file);
}

async function makeRecoveryKey(home: string, files: string[]): Promise<string | undefined> {
  const file = recoveryRecipientFile(home);
  if (existsSync(file)) return undefined;
  const { recipient, printed } = generateRecoveryKey(local.createIdSource(local.clock));
  await writeFile(file, `${recipient}\n`, { mode: 0o644, flag: 'wx' });
  files.push(file);
  return printed;
}
