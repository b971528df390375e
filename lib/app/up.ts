// The embedded platform in one process: goes on with every execution a former process left, ticks, and serves the API.

import type { Writable } from 'node:stream';
import { HoldfastError } from '../domain/errors.ts';
import { removeAbandonedScratch } from '../jobs/scratch.ts';
import { startServer } from './http/server.ts';
import { tokenFileOf } from './home.ts';
import { tickPlatform } from './tick.ts';
import { openPlatform } from './wiring.ts';
import type { OpenedPlatform } from './wiring.ts';

const TICK_MILLISECONDS = 60_000;

export interface Embedded {
  readonly url: string;
  readonly platform: OpenedPlatform;
  /** Lets running executions go on at the next start; ends workers and the API. */
  close(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly configFile: string;
  /** For demonstrations and tests; a minute otherwise, because schedules have minutes. */
  readonly tickMilliseconds?: number;
  readonly logTo?: Writable;
  /** Listens here instead of where the configuration says; 0 takes any free port. */
  readonly port?: number;
}

/** @throws InvalidConfiguration, LeaseHeld when another process drives this platform already */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const platform = await openPlatform({
    configFile: options.configFile,
    ...(options.logTo !== undefined && { logTo: options.logTo }),
  });
  try {
    await platform.flows.resume();
    await platform.sweep();
    const { host, port } = platform.configuration.api;
    const server = await startServer({
      platform,
      host,
      port: options.port ?? port,
      tokens: `file:${tokenFileOf(platform.home)}`,
    });
    const stop = new AbortController();
    const ticking = keepTicking(platform, options.tickMilliseconds ?? TICK_MILLISECONDS, stop.signal);
    return {
      url: server.url,
      platform,
      close: async () => {
        stop.abort(new HoldfastError('ExecutionStopped', 'the platform is closing'));
        await ticking;
        await server.close();
        await platform.close();
      },
    };
  } catch (error) {
    await platform.close();
    throw error;
  }
}

async function keepTicking(platform: OpenedPlatform, milliseconds: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await tickPlatform(platform);
      await removeAbandonedScratch(platform);
    } catch (error) {
      // A failed tick loses nothing: what is due stays due, and the next tick finds it.
      platform.log.error('tick failed', { error: String(error) });
    }
    await platform.clock.sleep(milliseconds, signal).catch(() => undefined);
  }
}
