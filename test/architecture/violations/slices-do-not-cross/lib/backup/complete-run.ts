// Wrong on purpose: one slice calls another.
import { expire } from '../retention/expire.ts';

export const next = expire;
