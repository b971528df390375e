// The API of the backup manager behind a gateway or our own server: every route of lib/app/http/routes/backup.ts.

import { boundFunction } from '../../../lib/app/http/bound-function.ts';
import { backupRoutes } from '../../../lib/app/http/routes/backup.ts';

export const handler = boundFunction(backupRoutes);
