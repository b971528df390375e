// Wrong on purpose: the storage format asks the records, so no restore could work without them.
import { status } from '../records/backup-record.ts';

export const manifestStatus = status;
