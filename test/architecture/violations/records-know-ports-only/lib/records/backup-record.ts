// Wrong on purpose: the record protocol depends on how work is run.
import { beat } from '../jobs/heartbeat.ts';

export const recordBeat = beat;
