// Runs one phase of a benchmark in a process of its own, so that processor time and peak memory are its own.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { WORKER_ENVIRONMENT, WORKER_NODE_FLAGS } from '../lib/app/worker-process.ts';
import { systemClock } from '../lib/clouds/local/clock.ts';

/** The kernel's unit in /proc on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

export interface Figures {
  /** Of the process and of every child it has waited for. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly peakRssBytes: number;
}

interface PhaseFile {
  readonly phase: string;
  readonly work: string;
}

/** `bench` is the name of the benchmark on the command line. */
export function runPhaseInChild<O>(bench: string, request: PhaseFile): O & Figures {
  const file = join(request.work, `${request.phase}.json`);
  writeFileSync(file, JSON.stringify(request));
  const program = join(import.meta.dirname, 'main.ts');
  // Started as a worker is, or the peak memory would be another program's.
  const child = spawnSync(process.execPath, [...WORKER_NODE_FLAGS, program, bench, '--phase', file], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...WORKER_ENVIRONMENT },
  });
  if (child.status !== 0) throw new Error(`phase '${request.phase}' failed`);
  return JSON.parse(readFileSync(`${file}.result`, 'utf8')) as O & Figures;
}

/** The child's side: the request is a file, the measurement is written beside it. */
export async function answerPhase<R>(requestFile: string, run: (request: R) => Promise<object>): Promise<void> {
  const request = JSON.parse(readFileSync(requestFile, 'utf8')) as R;
  const startedAt = systemClock.monotonic();
  const outcome = await run(request);
  const { user, system } = process.cpuUsage();
  const figures: Figures = {
    cpuSeconds: (user + system) / 1e6 + childrenCpuSeconds(),
    wallSeconds: (systemClock.monotonic() - startedAt) / 1000,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
  writeFileSync(`${requestFile}.result`, JSON.stringify({ ...outcome, ...figures }));
}

/** Fields 16 and 17: user and system time of children that were waited for. The name before them may contain spaces. */
export function childrenCpuSeconds(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}
