// Every route of every manager, for what looks at the whole table: the OpenAPI document and the tests.

import type { Manager } from './managers.ts';
import type { Route } from './route.ts';
import { backupRoutes } from './routes/backup.ts';
import { complianceRoutes } from './routes/compliance.ts';
import { platformRoutes } from './routes/platform.ts';
import { recoveryRoutes } from './routes/recovery.ts';
import { validationRoutes } from './routes/validation.ts';

export const routesByManager: Readonly<Record<Manager, readonly Route[]>> = {
  backup: backupRoutes,
  recovery: recoveryRoutes,
  validation: validationRoutes,
  compliance: complianceRoutes,
  platform: platformRoutes,
};
