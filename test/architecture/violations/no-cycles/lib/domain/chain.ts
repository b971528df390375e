// Wrong on purpose: half of a cycle.
import { hold } from './hold.ts';

export const chain = (): string => hold();
