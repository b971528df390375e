// Right: the rules of a machine know the domain and their parser.
import { parse } from 'yaml';

import { bytes } from '../domain/units.ts';

export const machine = [parse, bytes];
