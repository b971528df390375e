// Every cloud that Holdfast runs on: one folder and one line each.

import { createLocalCloud } from './local/local-cloud.ts';

export const clouds = {
  local: createLocalCloud,
} as const;
