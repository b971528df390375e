// Right: records know the domain.
import { bytes } from '../domain/units.ts';

export const recordSize = bytes;
