// Child processes of the contract's worker program, with the marks they leave.

import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { systemClock } from '../../lib/clouds/local/clock.ts';
import { silentLog } from '../../lib/clouds/local/log.ts';
import { ChildWorkerHost } from '../../lib/clouds/local/worker-host.ts';
import { WorkerNotes } from '../../lib/clouds/local/worker-notes.ts';
import type { Log } from '../../lib/ports/telemetry.ts';
import type { WorkerHostSubject } from './worker-host.contract.ts';

const program = fileURLToPath(new URL('./worker-program.ts', import.meta.url));

export async function childWorkers(
  directory: string,
  more: {
    readonly log?: Log;
    readonly env?: Readonly<Record<string, string | undefined>>;
    readonly passEnv?: readonly string[];
    readonly patienceMilliseconds?: number;
  } = {},
): Promise<WorkerHostSubject & { readonly host: ChildWorkerHost }> {
  const marksDirectory = join(directory, 'marks');
  await mkdir(marksDirectory, { recursive: true });
  const host = new ChildWorkerHost({
    command: [process.execPath, '--disable-warning=ExperimentalWarning', program],
    env: more.env ?? process.env,
    passEnv: more.passEnv ?? [],
    setEnv: { MARKS: marksDirectory },
    clock: systemClock,
    log: more.log ?? silentLog,
    notes: new WorkerNotes(join(directory, 'workers'), systemClock),
    graceMilliseconds: 500,
  });
  const marks = async (jobId: string): ReturnType<WorkerHostSubject['marks']> => {
    const prefix = `${encodeURIComponent(jobId)}.`;
    return (await readdir(marksDirectory))
      .filter((name) => name.startsWith(prefix))
      .map((name) => {
        const [attempt = '', what = '', pid = ''] = name.slice(prefix.length).split('.');
        return { what, attempt: Number(attempt), pid: Number(pid) };
      });
  };
  return { host, marks, patienceMilliseconds: more.patienceMilliseconds ?? 10_000 };
}
