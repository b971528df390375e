// Wrong on purpose: a rule of the domain that reads the disk.
import { existsSync } from 'node:fs';

export const mayExpire = (path: string): boolean => !existsSync(path);
