// Right: the settings of an engine know the domain.
import { bytes } from '../../domain/units.ts';

export const settings = bytes;
