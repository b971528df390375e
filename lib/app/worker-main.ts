// The worker process: runs one attempt of one job and ends. Its result stands in the catalog, not in its exit code.

import module from 'node:module';
import { clouds } from '../clouds/registry.ts';
import { HoldfastError } from '../domain/errors.ts';
import { runJob } from '../jobs/run-job.ts';
import { jobHandlers } from './job-handlers.ts';
import { openPlatform } from './wiring.ts';

module.enableCompileCache();
// When the platform is killed, nobody waits for us any more, and its next start begins a new attempt.
clouds.local.endWithParent();

const [jobId = '', attempt = ''] = process.argv.slice(2);
const [owner = '', job = ''] = jobId.split('/');
const configFile = process.env['HOLDFAST_CONFIG'];
if (owner === '' || job === '' || configFile === undefined)
  throw new HoldfastError('Internal', 'a worker was started without its job');

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort(new HoldfastError('ExecutionStopped', 'the worker was told to stop')));

const platform = await openPlatform({ configFile, logTo: process.stderr });
try {
  await runJob(platform, { owner, job, attempt: Number(attempt) }, jobHandlers, stop.signal);
} finally {
  await platform.close();
}
// Sockets of a source that did not answer must not keep a finished worker alive.
process.exit(0);
