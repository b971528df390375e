// Binds what the API needs to the slices that do it.

import type { Platform } from '../../ports/platform.ts';
import { explainStore } from '../../monitoring/explain-store.ts';
import { storeState, storeStates } from '../../monitoring/store-states.ts';
import { progressOf } from '../../jobs/progress.ts';
import { listAudit, verifyAuditChain } from '../../records/audit.ts';
import { listBackups, loadBackup, newestRestorable } from '../../records/backups.ts';
import { planRecovery } from '../../recovery/plan-recovery.ts';
import { listRecoveries, loadRecovery } from '../../recovery/recoveries.ts';
import { cancelRecovery, requestRecovery } from '../../recovery/request-recovery.ts';
import { dispatch } from '../../scheduling/dispatch.ts';
import { requestBackup } from '../../scheduling/request-backup.ts';
import type { BackupRequest, RequestedBackup } from '../../scheduling/request-backup.ts';
import { createSchedule, deleteSchedule, listSchedules, updateSchedule } from '../../scheduling/schedules.ts';
import { requestValidation, verifyAll } from '../../validation/request-validation.ts';
import { loadValidation } from '../../validation/validations.ts';
import { checkConfiguration } from './check-configuration.ts';
import { checkUp } from './checkup.ts';
import type { Services } from './services.ts';

export const boundServices: Services = {
  storeStates,
  storeState,
  explainStore,
  checkConfiguration,
  checkUp,
  openApiDocument,
  requestBackup: requestAndDispatch,
  listSchedules,
  createSchedule,
  updateSchedule,
  deleteSchedule,
  loadBackup,
  listBackups,
  newestRestorable,
  listAudit,
  verifyAuditChain,
  progressOf,
  planRecovery,
  requestRecovery,
  loadRecovery,
  listRecoveries,
  cancelRecovery,
  requestValidation,
  loadValidation,
  verifyAll,
};

/** A person who asks for a backup should not wait for the next tick. */
async function requestAndDispatch(
  platform: Platform,
  request: BackupRequest,
): Promise<{ readonly backups: readonly RequestedBackup[] }> {
  const requested = await requestBackup(platform, request);
  // The request is durable already: what cannot be started now is started by the next tick.
  await dispatch(platform).catch((error: unknown) => {
    platform.log.warn('requested backups wait for the next tick', { error: String(error) });
  });
  return requested;
}

/** Loaded on demand: most functions never serve it. */
async function openApiDocument(): Promise<object> {
  const loaded = await import('../../../docs/openapi.json', { with: { type: 'json' } });
  return loaded.default;
}
