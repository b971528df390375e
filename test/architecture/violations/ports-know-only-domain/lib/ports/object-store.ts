// Wrong on purpose: a port that takes its shape from an adapter's setting.
import { parse } from 'yaml';

export const read = parse;
