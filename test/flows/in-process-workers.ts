// A worker host whose workers are promises of this process: the same jobs, without the cost of a process each.

import { jobHandlers } from '../../lib/app/job-handlers.ts';
import { runJob } from '../../lib/jobs/run-job.ts';
import type { Platform } from '../../lib/ports/platform.ts';
import type { WorkerHost } from '../../lib/ports/worker-host.ts';

export interface InProcessWorkers extends WorkerHost {
  /** Set to let a started worker vanish without a result, as a killed process would. */
  loseNext: number;
  /** Set to let every worker end at a limit. */
  areOverLimit: boolean;
}

export function inProcessWorkers(platform: () => Platform): InProcessWorkers {
  const running = new Map<string, AbortController>();
  const workers: InProcessWorkers = {
    loseNext: 0,
    areOverLimit: false,
    start: async ({ jobId, attempt }) => {
      const name = `${jobId}#${attempt}`;
      if (running.has(name)) return;
      const stop = new AbortController();
      running.set(name, stop);
      if (workers.areOverLimit) return;
      if (workers.loseNext > 0) {
        workers.loseNext--;
        running.delete(name);
        return;
      }
      const [owner = '', job = ''] = jobId.split('/');
      void runJob(platform(), { owner, job, attempt }, jobHandlers, stop.signal).finally(() => running.delete(name));
    },
    probe: async (jobId, attempt) =>
      workers.areOverLimit ? 'over-limit' : running.has(`${jobId}#${attempt}`) ? 'running' : 'gone',
    stop: async (jobId, attempt) => running.get(`${jobId}#${attempt}`)?.abort(),
  };
  return workers;
}
