// A platform that is killed by a test: starts one worker and then only lives.

import { childWorkers } from './worker-subject.ts';

const [, , directory = '', behaviour = ''] = process.argv;
const { host } = await childWorkers(directory);
await host.start({ jobId: `bkp_1/${behaviour}`, attempt: 1, limits: { memoryBytesMax: 1e9, secondsMax: 60 } });
process.stdout.write('started\n');
setInterval(() => undefined, 1000);
