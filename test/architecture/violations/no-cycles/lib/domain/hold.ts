// Wrong on purpose: the other half of a cycle.
import { chain } from './chain.ts';

export const hold = (): string => chain();
