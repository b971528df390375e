// Wrong on purpose: wire code knows what the bytes mean.
import { packBytes } from '../../repository/pack.ts';

export const partBytes = packBytes;
