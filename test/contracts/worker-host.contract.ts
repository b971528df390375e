// The contract of lib/ports/worker-host.ts, for every adapter: one worker per job attempt, told from outside, ended within its limits.

import { expect } from '@jest/globals';

import type { WorkerHost, WorkerLimits } from '../../lib/ports/worker-host.ts';
import type { ContractCase, MakeSubject } from './contract.ts';
import { failureOf, instead, runContract, runMutants } from './contract.ts';

export type Behaviour = 'sleep' | 'finish' | 'fail' | 'stubborn' | 'grow' | 'tool';

export interface WorkerHostSubject {
  readonly host: WorkerHost;
  /** How long to wait for what should happen: a loaded machine may take seconds to start a process. */
  readonly patienceMilliseconds: number;
  /** What the job's workers have told so far: `started`, `asked`, each with the process that told it. */
  readonly marks: (
    jobId: string,
  ) => Promise<readonly { readonly what: string; readonly attempt: number; readonly pid: number }[]>;
}

export function workerHostContract(name: string, make: MakeSubject<WorkerHostSubject>): void {
  runContract(`worker host contract: ${name}`, workerHostCases, make);
}

export function workerHostMutants(name: string, make: MakeSubject<WorkerHostSubject>): void {
  runMutants(`worker host contract: ${name}`, workerHostCases, make);
}

const LIMITS: WorkerLimits = { memoryBytesMax: 400 * 1024 * 1024, secondsMax: 60 };
const start = (
  host: WorkerHost,
  behaviour: Behaviour,
  attempt = 1,
  limits: Partial<WorkerLimits> = {},
): Promise<void> => host.start({ jobId: `bkp_1/${behaviour}`, attempt, limits: { ...LIMITS, ...limits } });

const probe = (host: WorkerHost, behaviour: Behaviour, attempt = 1): Promise<string> =>
  host.probe(`bkp_1/${behaviour}`, attempt);

export async function eventually<T>(
  patience: number,
  look: () => Promise<T>,
  isDone: (seen: T) => boolean,
): Promise<T> {
  const deadline = Date.now() + patience;
  for (;;) {
    const seen = await look();
    if (isDone(seen) || Date.now() > deadline) return seen;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function started(subject: WorkerHostSubject, behaviour: Behaviour, attempt = 1): Promise<number> {
  const seen = await eventually(
    subject.patienceMilliseconds,
    async () =>
      (await subject.marks(`bkp_1/${behaviour}`)).find((mark) => mark.what === 'started' && mark.attempt === attempt),
    (mark) => mark !== undefined,
  );
  expect(seen).toBeDefined();
  return seen?.pid ?? 0;
}

const gone = ({ host, patienceMilliseconds }: WorkerHostSubject, behaviour: Behaviour): Promise<string> =>
  eventually(
    patienceMilliseconds,
    () => probe(host, behaviour),
    (state) => state === 'gone' || state === 'over-limit',
  );

const replaced =
  (changes: (host: WorkerHost, subject: WorkerHostSubject) => Partial<WorkerHost>) =>
  (subject: WorkerHostSubject): WorkerHostSubject => ({
    ...subject,
    host: instead(subject.host, changes(subject.host, subject)),
  });

const killing = replaced((host, { marks }) => ({
  stop: async (jobId, attempt) => {
    for (const mark of await marks(jobId))
      if (mark.attempt === attempt && mark.what === 'started') process.kill(mark.pid, 'SIGKILL');
    await host.stop(jobId, attempt);
  },
}));

const doingNothing = replaced(() => ({ stop: async () => undefined }));

const withoutLimits = replaced((host) => ({
  start: (job) => host.start({ ...job, limits: { memoryBytesMax: Number.MAX_SAFE_INTEGER, secondsMax: 3600 } }),
}));

export const workerHostCases: readonly ContractCase<WorkerHostSubject>[] = [
  {
    title: 'start - the worker runs with its job and attempt, and is told to run until it has ended',
    run: async (subject) => {
      await start(subject.host, 'finish', 1);
      const states = new Set([await probe(subject.host, 'finish')]);
      await started(subject, 'finish', 1);

      expect(await gone(subject, 'finish')).toBe('gone');
      expect(states).toEqual(new Set(['running']));
    },
    mutants: {
      'starts nothing': replaced(() => ({ start: async () => undefined, probe: async () => 'running' })),
      'calls a living worker gone': replaced(() => ({ probe: async () => 'gone' })),
      'never notices the end': replaced(() => ({ probe: async () => 'running' })),
    },
  },
  {
    title: 'start of what runs already, also at once - one worker',
    run: async (subject) => {
      await Promise.all([start(subject.host, 'sleep'), start(subject.host, 'sleep'), start(subject.host, 'sleep')]);
      await started(subject, 'sleep');
      await start(subject.host, 'sleep');
      await new Promise((resolve) => setTimeout(resolve, 400));

      expect((await subject.marks('bkp_1/sleep')).filter((mark) => mark.what === 'started')).toHaveLength(1);
      expect(await probe(subject.host, 'sleep')).toBe('running');
    },
    mutants: {
      'starts one more every time': replaced((host) => {
        let starts = 0;
        return { start: (job) => host.start({ ...job, attempt: job.attempt + starts++ }) };
      }),
    },
  },
  {
    title: 'attempts of one job - workers of their own',
    run: async (subject) => {
      await start(subject.host, 'sleep', 1);
      await start(subject.host, 'sleep', 2);
      await started(subject, 'sleep', 1);
      await started(subject, 'sleep', 2);

      await subject.host.stop('bkp_1/sleep', 1);

      expect([await probe(subject.host, 'sleep', 1), await probe(subject.host, 'sleep', 2)]).toEqual([
        'gone',
        'running',
      ]);
    },
    mutants: {
      'knows jobs only': replaced((host) => ({
        start: (job) => host.start({ ...job, attempt: 1 }),
        probe: (jobId) => host.probe(jobId, 1),
      })),
      'stops all attempts': replaced((host) => ({
        stop: async (jobId) => void (await Promise.all([1, 2].map((attempt) => host.stop(jobId, attempt)))),
      })),
    },
  },
  {
    title: 'probe of a worker that nobody started - unknown, never gone',
    run: async ({ host }) => {
      expect(await host.probe('bkp_9/sleep', 1)).toBe('unknown');
    },
    mutants: {
      'takes unknown for gone': replaced((host) => ({
        probe: async (...all) => {
          const state = await host.probe(...all);
          return state === 'unknown' ? 'gone' : state;
        },
      })),
    },
  },
  {
    title: 'worker that fails at once - the start was accepted, the probe says gone',
    run: async (subject) => {
      await start(subject.host, 'fail');

      expect(await gone(subject, 'fail')).toBe('gone');
    },
    mutants: {
      'never notices the end': replaced(() => ({ probe: async () => 'running' })),
    },
  },
  {
    title: 'stop - the worker is asked, and gone when it returns',
    run: async (subject) => {
      await start(subject.host, 'sleep');
      await started(subject, 'sleep');

      await subject.host.stop('bkp_1/sleep', 1);

      expect(await probe(subject.host, 'sleep')).toBe('gone');
      expect((await subject.marks('bkp_1/sleep')).map((mark) => mark.what)).toContain('asked');
    },
    mutants: { 'does nothing': doingNothing, 'kills without asking': killing },
  },
  {
    title: 'stop of a worker that does not listen - killed after the grace',
    run: async (subject) => {
      await start(subject.host, 'stubborn');
      await started(subject, 'stubborn');

      await subject.host.stop('bkp_1/stubborn', 1);

      expect(await probe(subject.host, 'stubborn')).toBe('gone');
    },
    mutants: {
      'only asks': replaced((_host, { marks }) => ({
        stop: async (jobId) => {
          for (const { pid } of await marks(jobId)) process.kill(pid, 'SIGTERM');
        },
      })),
    },
  },
  {
    title: 'stop of what has ended or was never started - no error',
    run: async (subject) => {
      await start(subject.host, 'sleep');
      await subject.host.stop('bkp_1/sleep', 1);

      await subject.host.stop('bkp_1/sleep', 1);
      await subject.host.stop('bkp_9/sleep', 1);

      expect(await probe(subject.host, 'sleep')).toBe('gone');
    },
    mutants: {
      'throws instead': replaced((host) => ({
        stop: async (jobId, attempt) => {
          if ((await host.probe(jobId, attempt)) !== 'running') throw new Error('not running');
          await host.stop(jobId, attempt);
        },
      })),
    },
  },
  {
    title: 'worker past its memory limit - killed, and told so',
    run: async (subject) => {
      await start(subject.host, 'grow', 1, { memoryBytesMax: 256 * 1024 * 1024 });
      const pid = await started(subject, 'grow');

      expect(await gone(subject, 'grow')).toBe('over-limit');
      expect((await failureOf(Promise.resolve().then(() => process.kill(pid, 0)))).message).toMatch('ESRCH');
    },
    mutants: {
      'knows no limits': (subject) => {
        const { host } = withoutLimits(subject);
        let looks = 0;
        // Stopped in the end, so that the test machine survives its mutant.
        return {
          ...subject,
          host: instead(host, {
            probe: async () => (++looks > 40 ? (await host.stop('bkp_1/grow', 1), 'running') : 'running'),
          }),
        };
      },
    },
  },
  {
    title: 'worker past its time limit - ended, and told so',
    run: async (subject) => {
      await start(subject.host, 'sleep', 1, { secondsMax: 1 });
      await started(subject, 'sleep');

      expect(await gone(subject, 'sleep')).toBe('over-limit');
    },
    mutants: { 'knows no limits': withoutLimits },
  },
];
