// What /proc tells about a process: whether it is still the same one, and how much memory it and all its descendants use.

import { readdir, readFile } from 'node:fs/promises';

/** Identifies a process for ever: process ids are used again, but not with the same start and boot. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process. */
  readonly startTicks: string;
  readonly bootId: string;
}

/** Descendants looked at; a worker starts a handful. */
const PROCESSES_MAX = 1000;
const KIBIBYTE = 1024;

/** Undefined when there is no such process, or no /proc on this system. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const [stat, bootId] = await Promise.all([
    readText(`/proc/${pid}/stat`),
    readText('/proc/sys/kernel/random/boot_id'),
  ]);
  // The name in parentheses may contain anything; the fields after the last one count from "state", the third of all.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields?.[0], fields?.[19]];
  // A zombie has ended; only its parent has not asked yet.
  if (startTicks === undefined || bootId === undefined || state === 'Z' || state === 'X') return undefined;
  return { pid, startTicks, bootId: bootId.trim() };
}

export async function isSameProcess(identity: ProcessIdentity): Promise<boolean> {
  const now = await identify(identity.pid);
  return now?.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/** Resident memory of a process and its descendants in bytes; 0 when it has ended. */
export async function residentBytes(pid: number): Promise<number> {
  let sum = 0;
  const pids = [pid];
  for (let index = 0; index < pids.length && index < PROCESSES_MAX; index += 1) {
    const process = pids[index] ?? 0;
    const status = await readText(`/proc/${process}/status`);
    sum += Number(/^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1] ?? 0) * KIBIBYTE;
    pids.push(...(await childrenOf(process)));
  }
  return sum;
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  let threads: readonly string[];
  try {
    threads = await readdir(`/proc/${pid}/task`);
  } catch {
    // It ended between two looks.
    return [];
  }
  const texts = await Promise.all(threads.map((thread) => readText(`/proc/${pid}/task/${thread}/children`)));
  return texts.flatMap((text) =>
    (text ?? '')
      .split(' ')
      .filter((part) => part !== '')
      .map(Number),
  );
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    // No such process any more, or a system without /proc: both mean "cannot be told".
    return undefined;
  }
}
