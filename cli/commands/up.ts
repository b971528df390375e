// holdfast up: runs the whole platform in this process until it is asked to stop.

import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { EXIT } from '../failure.ts';
import type { Run } from '../program.ts';
import type { Session } from '../session.ts';
import { factLines } from '../table.ts';
import { wordsOf } from '../words.ts';

interface UpOptions {
  readonly port?: number;
  readonly log?: boolean;
}

export function registerUp(parent: Command, run: Run): void {
  parent
    .command('up')
    .description('run the platform on this machine: scheduler, workers and API in one process tree')
    .option('--port <port>', 'listen here instead of platform.api.port; 0 takes any free port', portOf)
    .option('--log', 'write log lines (JSON) to standard error')
    .action(run(up));
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('expected a port from 0 to 65535');
  return port;
}

async function up(session: Session, { port, log }: UpOptions): Promise<number> {
  // Only this command needs the platform itself: the others must start fast.
  const { startEmbedded } = await import('../../lib/app/up.ts');
  const stopped = stopSignal();
  const embedded = await startEmbedded({
    configFile: session.config,
    ...(port !== undefined && { port }),
    ...(log === true && { logTo: process.stderr }),
  });
  const { configuration, home } = embedded.platform;
  const stores = configuration.stores.map(({ store, engine, schedules }) => ({
    store,
    engine,
    schedules: schedules.map(({ cron, timeZone }) => ({ cron, timeZone })),
  }));
  if (session.json)
    session.terminal.print(JSON.stringify({ url: embedded.url, configuration: configuration.file, home, stores }));
  else show(session, { url: embedded.url, file: configuration.file, home, stores });
  await stopped;
  session.terminal.tell('stopping; what is running goes on at the next start');
  await embedded.close();
  return EXIT.ok;
}

interface Screen {
  readonly url: string;
  readonly file: string;
  readonly home: string;
  readonly stores: readonly {
    readonly store: string;
    readonly engine: string;
    readonly schedules: readonly { readonly cron: string; readonly timeZone: string }[];
  }[];
}

const STORES_SHOWN_MAX = 12;

function show({ terminal, lang, self }: Session, { url, file, home, stores }: Screen): void {
  const shown = stores
    .slice(0, STORES_SHOWN_MAX)
    .map(({ store, engine, schedules }, index): readonly [string, string] => [
      index === 0 ? 'stores' : '',
      `${store} (${engine})  ${schedules.length === 0 ? 'no schedule' : schedules.map(({ cron, timeZone }) => `${cron} ${timeZone}`).join(', ')}`,
    ]);
  terminal.print(`${terminal.colour('bold', 'Holdfast is up')}  ${terminal.colour('cyan', url)}`);
  const lines = factLines([
    ['configuration', file],
    ['home', home],
    ...shown,
    ['', stores.length > STORES_SHOWN_MAX ? `and ${stores.length - STORES_SHOWN_MAX} more` : undefined],
  ]);
  for (const line of lines) terminal.print(line);
  terminal.print();
  terminal.tell('Ctrl-C stops it.');
  terminal.tell(`${wordsOf(lang).next} (in another terminal) ${self} backup now --all --wait   ${self} status`);
}

/** Settles at the first request to stop; a second one ends the process the hard way, which the platform survives too. */
const stopSignal = (): Promise<void> =>
  new Promise((resolve) => {
    const stop = (): void => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, stop);
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  });
