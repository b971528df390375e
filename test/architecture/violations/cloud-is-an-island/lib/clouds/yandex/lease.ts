// Wrong on purpose: one cloud uses another one.
import { term } from '../aws/lease.ts';

export const leaseTerm = term;
