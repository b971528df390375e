// Wrong on purpose: shipped code needs a development dependency.
import { check } from 'fast-check';

export const arbitrary = check;
