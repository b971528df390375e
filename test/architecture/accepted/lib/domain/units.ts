// Right: the domain knows itself and zod.
import { z } from 'zod';

export const bytes = z.int().min(0);
