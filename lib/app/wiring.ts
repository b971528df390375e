// Puts a platform together: the only place that chooses a cloud, its engines and its channels.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { clouds } from '../clouds/registry.ts';
import { HoldfastError } from '../domain/errors.ts';
import { engines } from '../engines/registry.ts';
import type { Engine } from '../ports/engine.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { Platform } from '../ports/platform.ts';
import type { Log } from '../ports/telemetry.ts';
import { smtpNotifier } from '../protocols/smtp/notifier.ts';
import { webhookNotifier } from '../protocols/webhook/notifier.ts';
import { recipientFrom } from '../repository/recovery-key.ts';
import type { Configuration } from './config/configuration.ts';
import { effectivePolicies } from './config/effective-policies.ts';
import { formatProblem } from './config/problem.ts';
import { loadConfiguration } from './config/load-configuration.ts';
import { invokeFunction } from './invoke-function.ts';
import { loadMachines, workerModule } from './project-files.ts';
import { WORKER_ENVIRONMENT, WORKER_NODE_FLAGS } from './worker-process.ts';
import { homeOf, recoveryRecipientFile } from './home.ts';

const { local } = clouds;
export type EmbeddedFlowRunner = ReturnType<typeof local.createFlowRunner>;

export interface OpenOptions {
  readonly configFile: string;
  /** Where log lines go; silent when absent. */
  readonly logTo?: Writable;
}

export interface OpenedPlatform extends Platform {
  readonly configuration: Configuration;
  readonly flows: EmbeddedFlowRunner;
  readonly home: string;
  /** Removes what killed writers left behind. */
  sweep(): Promise<number>;
  close(): Promise<void>;
}

/** @throws InvalidConfiguration with every problem of the file */
export async function openPlatform(options: OpenOptions): Promise<OpenedPlatform> {
  const configuration = readConfiguration(options.configFile);
  const home = homeOf(configuration.file);
  const log: Log =
    options.logTo === undefined
      ? local.silentLog
      : local.createJsonLog({ stream: options.logTo, clock: local.clock, level: 'info' });
  const recipient = readRecipient(home);
  // The runner calls steps with the platform that it is itself a part of.
  const self: { platform?: OpenedPlatform } = {};
  const opened = (): OpenedPlatform => {
    if (self.platform === undefined) throw new HoldfastError('Internal', 'the platform is not open yet');
    return self.platform;
  };
  const cloud = local.createCloud({
    home,
    locations: configuration.locations,
    stagingCountry: configuration.country,
    environment: process.env,
    worker: workerCommand(configuration, home),
    log,
    flows: ({ catalogFile, clock }) =>
      local.createFlowRunner({
        file: catalogFile.replace(/catalog\.sqlite$/, 'flows.sqlite'),
        machines: loadMachines(),
        invoke: (resource, input, task) => invokeFunction(opened(), resource, input, task),
        clock,
        log,
      }),
    ...(recipient !== undefined && { recoveryRecipient: recipient }),
  });
  self.platform = {
    ...cloud,
    flows: cloud.flows as EmbeddedFlowRunner,
    engine: findEngine,
    policies: effectivePolicies(configuration),
    notifiers: notifiersOf(configuration, cloud),
    log,
    configuration,
    home,
    close: async () => {
      await (cloud.flows as EmbeddedFlowRunner).close();
      await cloud.close();
    },
  };
  return self.platform;
}

/** @throws InvalidConfiguration with every problem of the file, NotFound when there is no file */
export function readConfiguration(configFile: string): Configuration {
  const file = path.resolve(configFile);
  const text = readText(file);
  const loaded = loadConfiguration({ text, file, engines: { built: engines }, now: local.clock.now() });
  if (loaded.ok) return loaded.configuration;
  const problems = loaded.problems.map((problem) => formatProblem(problem)).join('\n');
  // One kind of trouble is named as such; a mixture is simply a configuration that is not valid.
  const names = new Set(loaded.problems.filter(({ severity }) => severity === 'error').map(({ name }) => name));
  const [only = 'InvalidConfiguration'] = names;
  throw new HoldfastError(names.size === 1 ? only : 'InvalidConfiguration', `unable to use '${file}':\n${problems}`, {
    file,
  });
}

export function findEngine(name: string): Engine {
  const engine = engines.find((candidate) => candidate.name === name || candidate.aliases.includes(name));
  if (engine !== undefined) return engine;
  const names = engines.map((candidate) => candidate.name).join(', ');
  throw new HoldfastError('CapabilityUnsupported', `engine '${name}' is not built yet; there are: ${names}`, {
    engine: name,
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new HoldfastError('NotFound', `unable to read configuration '${file}'`, { file }, { cause: error });
  }
}

function readRecipient(home: string) {
  try {
    return recipientFrom(readFileSync(recoveryRecipientFile(home), 'utf8').trim());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function notifiersOf(
  { notify }: Configuration,
  { secrets, clock }: Pick<Platform, 'secrets' | 'clock'>,
): readonly Notifier[] {
  return [
    ...(notify.webhook === undefined ? [] : [webhookNotifier({ ...notify.webhook, secrets, clock })]),
    ...(notify.email === undefined ? [] : [smtpNotifier({ ...notify.email, secrets, clock })]),
  ];
}

/** What a worker process gets: its program, the names of the secrets that the configuration refers to, and where the platform is. */
const workerCommand = (configuration: Configuration, home: string) => ({
  command: [process.execPath, ...WORKER_NODE_FLAGS, workerModule],
  env: process.env,
  passEnv: ['NODE_COMPILE_CACHE', ...secretVariables(configuration)],
  setEnv: { ...WORKER_ENVIRONMENT, HOLDFAST_CONFIG: configuration.file, HOLDFAST_HOME: home },
});

/** Variables behind `env:NAME` references, so that a worker sees the secrets of its stores and no others of this process. */
function secretVariables({ stores }: Configuration): readonly string[] {
  const references = JSON.stringify(stores.map(({ source, scratch }) => ({ source, scratch }))).matchAll(
    /"env:([A-Za-z_]\w*)"/g,
  );
  return [...new Set(Array.from(references, ([, name = '']) => name))];
}
