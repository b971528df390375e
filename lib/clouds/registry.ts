// Every cloud that Holdfast runs on: one folder and one line each.

import { local } from './local/local.ts';

export const clouds = { local } as const;
