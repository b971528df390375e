// Wrong on purpose: the command line changes records by itself.
import { remove } from '../lib/records/backup-record.ts';

export const command = remove;
