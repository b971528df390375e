// The platform that the running call was bound to: by the embedded process, by its server, by tests.

import { AsyncLocalStorage } from 'node:async_hooks';
import type { Platform } from '../ports/platform.ts';

const bound = new AsyncLocalStorage<Platform>();

export const runWithPlatform = <T>(platform: Platform, work: () => T): T => bound.run(platform, work);

export const boundPlatform = (): Platform | undefined => bound.getStore();
