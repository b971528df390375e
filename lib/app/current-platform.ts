// The platform that the running function works with: bound by the embedded process and by tests, made from the environment in a cloud.

import { HoldfastError } from '../domain/errors.ts';
import type { Platform } from '../ports/platform.ts';
import { boundPlatform } from './bound-platform.ts';

let fromEnvironment: Promise<Platform> | undefined;

/**
 * A warm function keeps its platform; a failed start is tried anew at the next call.
 * @throws InvalidConfiguration when nothing is bound and HOLDFAST_CONFIG names no file
 */
export async function currentPlatform(): Promise<Platform> {
  const platform = boundPlatform();
  if (platform !== undefined) return platform;
  fromEnvironment ??= openFromEnvironment().catch((error: unknown) => {
    fromEnvironment = undefined;
    throw error;
  });
  return await fromEnvironment;
}

async function openFromEnvironment(): Promise<Platform> {
  const configFile = process.env['HOLDFAST_CONFIG'];
  if (configFile === undefined || configFile === '') {
    throw new HoldfastError(
      'InvalidConfiguration',
      'no platform is bound and HOLDFAST_CONFIG names no configuration file',
    );
  }
  // Only loaded where it is needed: wiring knows every engine and cloud.
  const { openPlatform } = await import('./wiring.ts');
  return await openPlatform({ configFile });
}
