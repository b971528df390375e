// Wrong on purpose: a handler does the work of its slice.
import { pack } from '../../../lib/repository/pack.ts';

export const handler = pack;
