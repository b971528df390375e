// The API of the compliance manager behind a gateway or our own server: every route of lib/app/http/routes/compliance.ts.

import { boundFunction } from '../../../lib/app/http/bound-function.ts';
import { complianceRoutes } from '../../../lib/app/http/routes/compliance.ts';

export const handler = boundFunction(complianceRoutes);
