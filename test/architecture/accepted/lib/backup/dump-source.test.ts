// Right: a test may use a real adapter, a test library and the fakes.
import { clock } from '../../test/fakes/clock.ts';
import { localStore } from '../clouds/local/object-store.ts';
import { dumpSource } from './dump-source.ts';

export const used = [clock, localStore, dumpSource];
