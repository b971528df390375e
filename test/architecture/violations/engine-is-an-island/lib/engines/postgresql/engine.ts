// Wrong on purpose: one engine uses its sibling.
import { offset } from '../redis/stream.ts';

export const start = offset;
