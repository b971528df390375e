// Wrong on purpose: the words of a machine depend on how work is run.
import { worker } from '../jobs/worker.ts';

export const resource = worker;
