// The API of the validation manager behind a gateway or our own server: every route of lib/app/http/routes/validation.ts.

import { boundFunction } from '../../../lib/app/http/bound-function.ts';
import { validationRoutes } from '../../../lib/app/http/routes/validation.ts';

export const handler = boundFunction(validationRoutes);
