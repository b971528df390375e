// Wrong on purpose: the general worker knows one slice.
import { step } from '../backup/dump-source.ts';

export const firstStep = step;
