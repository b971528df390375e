// The API of the recovery manager behind a gateway or our own server: every route of lib/app/http/routes/recovery.ts.

import { boundFunction } from '../../../lib/app/http/bound-function.ts';
import { recoveryRoutes } from '../../../lib/app/http/routes/recovery.ts';

export const handler = boundFunction(recoveryRoutes);
