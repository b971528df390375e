// Loads the managers' functions for the embedded server, as the cloud would load them: each from its own handler.

import type { HttpFunctions } from './server.ts';

export async function loadHttpFunctions(): Promise<HttpFunctions> {
  const [backup, recovery, validation, compliance, platform] = await Promise.all([
    import('../../../functions/http/backup/handler.ts'),
    import('../../../functions/http/recovery/handler.ts'),
    import('../../../functions/http/validation/handler.ts'),
    import('../../../functions/http/compliance/handler.ts'),
    import('../../../functions/http/platform/handler.ts'),
  ]);
  return {
    backup: backup.handler,
    recovery: recovery.handler,
    validation: validation.handler,
    compliance: compliance.handler,
    platform: platform.handler,
  };
}
