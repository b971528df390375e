// The one-minute tick: queues what is due, starts what may start, tells what is late.

import { currentPlatform } from '../../lib/app/current-platform.ts';
import { tickPlatform } from '../../lib/app/tick.ts';

export const handler = async () => await tickPlatform(await currentPlatform());
