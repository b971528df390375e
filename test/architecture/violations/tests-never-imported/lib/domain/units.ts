// Wrong on purpose: code takes its data from a test.
import { sample } from './units.test.ts';

export const unit = sample;
