// Right: the command line knows the application, the domain and its parser.
import { Command } from 'commander';

import { wiring } from '../lib/app/wiring.ts';
import { bytes } from '../lib/domain/units.ts';

export const program = [new Command(), wiring, bytes];
