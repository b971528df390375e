// Looks at everything the platform depends on, from inside the platform: locations, keys, recovery key, sources, channels.

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { ERROR_TABLE, asHoldfastError } from '../../domain/errors.ts';
import type { LocationPolicy, StorePolicy } from '../../domain/store-policy.ts';
import type { ProbeResult } from '../../ports/engine.ts';
import type { Platform } from '../../ports/platform.ts';
import { printable } from './errors.ts';
import type { Language } from './language.ts';

export const checkupView = z
  .object({
    isHealthy: z.boolean(),
    checks: z.array(
      z.object({
        subject: z.string().meta({ examples: ['store payment-db', 'location primary'] }),
        verdict: z.enum(['ok', 'warning', 'failed']),
        detail: z.string(),
        code: z.string().optional().meta({ description: 'Code of the error table when failed' }),
        hint: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'Checkup' });
export type CheckupView = z.infer<typeof checkupView>;
type Check = CheckupView['checks'][number];

/** A source that does not answer must not hold up the others' results. */
const PROBE_TIMEOUT_MS = 15_000;
const MEBIBYTE = 1024 * 1024;

export async function checkUp(platform: Platform, language: Language): Promise<CheckupView> {
  const groups = await Promise.all([
    ...platform.policies.locations().map((location) => checkLocation(platform, location, language)),
    ...platform.policies.stores().map((store) => checkStore(platform, store, language)),
  ]);
  const checks = [checkRecoveryKey(platform), checkChannels(platform), ...groups.flat()];
  return { isHealthy: checks.every((check) => check.verdict !== 'failed'), checks };
}

async function checkLocation(
  platform: Platform,
  policy: LocationPolicy,
  language: Language,
): Promise<readonly Check[]> {
  const subject = `location ${policy.name}`;
  try {
    const place = await platform.location(policy.name).place();
    const key = await platform.keysOf(policy.name).describe();
    if (place.country !== undefined && place.country !== policy.country) {
      return [
        {
          subject,
          verdict: 'failed',
          detail: `says that it lies in ${place.country}, the configuration says ${policy.country}`,
          hint: 'Correct the country in holdfast.yaml, or mount the right place.',
        },
      ];
    }
    const where = place.country ?? 'country unknown';
    return [
      {
        subject,
        verdict: place.country === undefined ? 'warning' : 'ok',
        detail: `${where}, failure domain ${place.failureDomain}, key ${key.keyId} version ${key.keyVersion}`,
      },
    ];
  } catch (error) {
    return [failed(subject, error, language)];
  }
}

async function checkStore(platform: Platform, policy: StorePolicy, language: Language): Promise<readonly Check[]> {
  const subject = `store ${policy.store}`;
  try {
    const { version, sizeBytesEstimate, problems } = await probe(platform, policy);
    const detail = `${version}, about ${Math.ceil(sizeBytesEstimate / MEBIBYTE)} MiB`;
    return problems.length === 0
      ? [{ subject, verdict: 'ok', detail: printable(detail) }]
      : problems.map((problem) => ({ subject, verdict: 'failed' as const, detail: printable(problem) }));
  } catch (error) {
    return [failed(subject, error, language)];
  }
}

async function probe(platform: Platform, policy: StorePolicy): Promise<ProbeResult> {
  const engine = platform.engine(policy.engine);
  const settings = engine.parseSettings(policy.method, policy.source);
  const { clock, secrets, log, staging } = platform;
  await mkdir(staging.directory, { recursive: true, mode: 0o700 });
  const scratchDir = await mkdtemp(path.join(staging.directory, 'checkup-'));
  try {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    return await engine.probe(
      { store: policy.store, method: policy.method, settings },
      { clock, secrets, log, signal, scratchDir },
    );
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
}

function checkRecoveryKey({ recoveryRecipient }: Platform): Check {
  return recoveryRecipient === undefined
    ? {
        subject: 'recovery key',
        verdict: 'warning',
        detail: 'there is none: whoever loses the key file loses every backup',
        hint: 'Run "holdfast init"; it makes what is missing and changes nothing else.',
      }
    : {
        subject: 'recovery key',
        verdict: 'ok',
        detail: `every data key is wrapped for ${recoveryRecipient.keyId} too`,
      };
}

function checkChannels({ notifiers }: Platform): Check {
  const channels = notifiers.map((notifier) => notifier.channel).join(', then ');
  return notifiers.length === 0
    ? {
        subject: 'notifications',
        verdict: 'warning',
        detail: 'nobody is told when a backup fails',
        hint: 'Add platform.notify to holdfast.yaml.',
      }
    : { subject: 'notifications', verdict: 'ok', detail: channels };
}

function failed(subject: string, error: unknown, language: Language): Check {
  const known = asHoldfastError(error);
  const { code, title } = ERROR_TABLE[known.name];
  // What is looked at stands in the configuration, so what was not found is what it refers to.
  const hint =
    known.name === 'NotFound'
      ? 'Set the variable, or make the file, that the reference names.'
      : ERROR_TABLE[known.name].hint;
  const detail = known.name === 'Internal' ? title[language] : known.message;
  return { subject, verdict: 'failed', detail: printable(detail), code, hint };
}
