// The process that the kill loop starts and kills: drives the long flow in a folder until it ends, writing down every call.

import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { createFlowRunner } from '../../../lib/clouds/local/flow-runner/flow-runner.ts';
import type { Log } from '../../../lib/ports/telemetry.ts';
import { answerOf, longFlow, longInput } from './long-flow.ts';
import { hurriedClock } from './hurried-clock.ts';

const [folder = '', name = '', polls = ''] = process.argv.slice(2);
const calls = openSync(join(folder, 'calls.log'), 'a');
const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const runner = createFlowRunner({
  file: join(folder, 'flows.sqlite'),
  machines: new Map([['long', longFlow]]),
  clock: hurriedClock,
  log: silent,
  driver: 'the process to be killed',
  invoke: async (resource, input, task) => {
    // One write, so that a kill leaves a whole line or none.
    writeSync(calls, `${task.path}#${task.attempt}\n`);
    await hurriedClock.sleep(100);
    return answerOf(resource, input, task, Number(polls));
  },
});
await runner.start({ machine: 'long', name, input: longInput });
await runner.resume();
process.stdout.write('driving\n');
await runner.drain();
await runner.close();
