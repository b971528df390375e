// Right: a cloud runs machines by their shared rules.
import { machine } from '../../flows/machine.ts';

export const run = machine;
