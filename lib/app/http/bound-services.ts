// Binds what the API needs to the slices that do it.

import { engines } from '../../engines/registry.ts';
import { explainStore } from '../../monitoring/explain-store.ts';
import { storeState, storeStates } from '../../monitoring/store-states.ts';
import { progressOf } from '../../jobs/progress.ts';
import { ERROR_TABLE } from '../../domain/errors.ts';
import { listAudit, verifyAuditChain } from '../../records/audit.ts';
import { listBackups, loadBackup, newestRestorable } from '../../records/backups.ts';
import { planRecovery } from '../../recovery/plan-recovery.ts';
import { listRecoveries, loadRecovery } from '../../recovery/recoveries.ts';
import { cancelRecovery, requestRecovery } from '../../recovery/request-recovery.ts';
import { requestBackup } from '../../scheduling/request-backup.ts';
import { createSchedule, deleteSchedule, listSchedules, updateSchedule } from '../../scheduling/schedules.ts';
import { requestValidation, verifyAll } from '../../validation/request-validation.ts';
import { loadValidation } from '../../validation/validations.ts';
import { loadConfiguration } from '../config/load-configuration.ts';
import type { ConfigurationCheck, Services } from './services.ts';

export const boundServices: Services = {
  storeStates,
  storeState,
  explainStore,
  checkConfiguration,
  openApiDocument,
  requestBackup,
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

function checkConfiguration(text: string, file: string, now: number): ConfigurationCheck {
  const result = loadConfiguration({ text, file, engines: { built: engines }, now });
  const problems = result.ok ? result.configuration.warnings : result.problems;
  return {
    isValid: result.ok,
    problems: problems.map(({ severity, name, message, cure, path, line, column }) => ({
      severity,
      code: ERROR_TABLE[name].code,
      message,
      ...(cure !== undefined && { cure }),
      path,
      line,
      column,
    })),
  };
}

/** Loaded on demand: most functions never serve it. */
async function openApiDocument(): Promise<object> {
  const loaded = await import('../../../docs/openapi.json', { with: { type: 'json' } });
  return loaded.default;
}
