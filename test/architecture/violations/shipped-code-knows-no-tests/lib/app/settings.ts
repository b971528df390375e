// Wrong on purpose: shipped code uses a fake.
import { now } from '../../test/fakes/clock.ts';

export const startedAt = now;
