// The one error table: every failure Holdfast can report has a row here, and its name never changes after release.
// State machines match errors by name, the API answers with the code, the command line leaves with the exit code.

interface ErrorRow {
  /** UPPER_SNAKE code of the API (SPEC J2): the contract of machine readers. */
  readonly code: string;
  /** Trying the same step again may succeed without anybody changing anything. */
  readonly isRetryable: boolean;
  /** HTTP status when the error reaches the API. */
  readonly status: number;
  /** Exit code of the command line (docs/reference/exit-codes.md). */
  readonly exit: number;
  readonly title: { readonly en: string; readonly ru: string };
  /** A sentence that says what to do. */
  readonly hint: string;
}

const row = (
  code: string,
  isRetryable: boolean,
  status: number,
  exit: number,
  en: string,
  ru: string,
  hint: string,
): ErrorRow => ({ code, isRetryable, status, exit, title: { en, ru }, hint });

// A table reads as a table: one row a line.
// prettier-ignore
/** Exit codes: 0 ok, 1 unexpected, 2 usage or policy, 3 partly, 4 objective missed, 5 refused by a guard, 6 auth, 7 unreachable, 8 busy. */
export const ERROR_TABLE = {
  // The caller's input.
  InvalidRequest: row('VALIDATION', false, 400, 2, 'Request is not valid', 'Запрос некорректен', 'Correct the field that the pointer names.'),
  InvalidConfiguration: row('INVALID_CONFIGURATION', false, 422, 2, 'Configuration is not valid', 'Конфигурация некорректна', 'Correct the named line; "holdfast policy validate" lists all errors at once.'),
  InvalidCron: row('INVALID_CRON', false, 422, 2, 'Schedule is not valid', 'Расписание некорректно', 'Use five fields (minute hour day month weekday) and an IANA time zone.'),
  SecretInConfiguration: row('SECRET_IN_CONFIGURATION', false, 422, 2, 'A secret stands in the configuration', 'В конфигурации указан секрет', 'Move the secret to an environment variable or a 0600 file and refer to it by credentialRef.'),
  NotFound: row('NOT_FOUND', false, 404, 2, 'Not found', 'Не найдено', 'Check the name; "holdfast status" lists the stores and "holdfast backup list" their backups.'),
  CapabilityUnsupported: row('CAPABILITY_UNSUPPORTED', false, 501, 2, 'Not supported', 'Не поддерживается', 'See the support table in the README for what this engine and platform can do.'),
  IdempotencyConflict: row('IDEMPOTENCY_CONFLICT', false, 409, 8, 'Idempotency key was used for another request', 'Ключ идемпотентности уже использован для другого запроса', 'Send a new Idempotency-Key with a changed request.'),
  Unauthenticated: row('UNAUTHENTICATED', false, 401, 6, 'Authentication required', 'Требуется аутентификация', 'Send the bearer token that "holdfast init" wrote.'),
  Forbidden: row('FORBIDDEN', false, 403, 6, 'Not allowed', 'Доступ запрещён', 'Ask for a role that has this permission.'),
  PayloadTooLarge: row('PAYLOAD_TOO_LARGE', false, 413, 2, 'Request is too large', 'Запрос слишком велик', 'Send at most 256 KiB.'),

  // Capacity and concurrency.
  SourceBusy: row('SOURCE_BUSY', true, 409, 8, 'A backup of this source is under way', 'Резервное копирование этого источника уже выполняется', 'Wait for the running backup; "holdfast status" shows it.'),
  QueueFull: row('QUEUE_FULL', true, 429, 8, 'The backup queue is full', 'Очередь заданий заполнена', 'Wait for running backups to end or raise limits.queueLength.'),
  LeaseHeld: row('LEASE_HELD', true, 409, 8, 'Held by another owner', 'Занято другим владельцем', 'Wait until the holder ends or its lease lapses.'),
  ConditionFailed: row('CONDITION_FAILED', true, 409, 8, 'Somebody else changed it first', 'Запись изменена другим участником', 'Read it again and decide anew.'),
  FenceLost: row('FENCE_LOST', false, 409, 8, 'A newer writer took over this repository', 'Репозиторий занят более новым исполнителем', 'Nothing is lost: the newer attempt goes on; this one left only orphans.'),

  // The source.
  SourceUnreachable: row('SOURCE_UNREACHABLE', true, 502, 7, 'The source cannot be reached', 'Источник недоступен', 'Check host, port and network; "holdfast doctor" probes every store.'),
  SourceAuthenticationFailed: row('SOURCE_AUTHENTICATION_FAILED', false, 502, 6, 'The source refused the credentials', 'Источник отклонил учётные данные', 'Check the secret that credentialRef names.'),
  SourcePrivilegeMissing: row('SOURCE_PRIVILEGE_MISSING', false, 502, 6, 'The backup role lacks a privilege', 'Роли резервного копирования не хватает прав', 'Grant what "holdfast doctor" prints.'),
  SourceVersionUnsupported: row('SOURCE_VERSION_UNSUPPORTED', false, 502, 2, 'The source version is not supported', 'Версия источника не поддерживается', 'Install client tools of at least the server major, or use another method.'),
  SourceChanged: row('SOURCE_CHANGED', true, 502, 1, 'The source is not the one the backup began with', 'Источник сменился во время копирования', 'A failover happened or another server answers at this address; the next attempt starts anew.'),
  DumpToolMissing: row('DUMP_TOOL_MISSING', false, 502, 2, 'A client tool is not installed', 'Не установлена клиентская программа', 'Install the named tool, or name its folder in the engine settings.'),
  DumpToolFailed: row('DUMP_TOOL_FAILED', true, 502, 1, 'The dump tool failed', 'Программа выгрузки завершилась с ошибкой', 'Read the tool\'s own words in the cause; nothing of this attempt is used.'),
  DumpIncomplete: row('DUMP_INCOMPLETE', true, 502, 1, 'The dump is not complete', 'Выгрузка неполна', 'Nothing of this attempt is used; the next attempt starts anew.'),

  // Long work.
  StillRunning: row('STILL_RUNNING', true, 409, 8, 'Still running', 'Ещё выполняется', 'Poll again.'),
  WorkerLost: row('WORKER_LOST', true, 500, 1, 'The worker stopped without a result', 'Исполнитель пропал, не оставив результата', 'The step starts a new attempt by itself.'),
  WorkerLimitExceeded: row('WORKER_LIMIT_EXCEEDED', false, 500, 1, 'The worker went past a limit', 'Исполнитель превысил лимит', 'Raise platform.limits.workerMemory or workerTime, or split the store.'),
  ExecutionStopped: row('EXECUTION_STOPPED', false, 409, 130, 'Stopped by request', 'Остановлено по запросу', 'Start it again when wanted.'),

  // Object storage and catalog.
  ObjectNotFound: row('OBJECT_NOT_FOUND', false, 502, 1, 'A stored object is missing', 'Объект в хранилище отсутствует', 'Run "holdfast verify"; heal from another copy.'),
  ObjectExists: row('OBJECT_EXISTS', false, 409, 1, 'A stored object has this key already', 'Объект с таким ключом уже существует', 'Stored objects are written once; use a new key.'),
  ObjectLocked: row('OBJECT_LOCKED', false, 409, 5, 'The object is under a retention lock', 'Объект защищён от удаления', 'Wait until the lock ends.'),
  ObjectCorrupted: row('OBJECT_CORRUPTED', false, 502, 1, 'A stored object differs from what was written', 'Объект в хранилище повреждён', 'Restore from another copy; run "holdfast verify --all".'),
  StorageUnavailable: row('STORAGE_UNAVAILABLE', true, 503, 7, 'The storage location does not answer', 'Хранилище недоступно', 'Check the location; the step tries again.'),
  StorageFull: row('STORAGE_FULL', false, 507, 7, 'The storage location is full', 'В хранилище закончилось место', 'Free or add space at the named location.'),
  StorageReadOnly: row('STORAGE_READ_ONLY', false, 502, 7, 'The storage location refuses writes', 'Хранилище не принимает запись', 'Check mount options and permissions of the named location.'),
  CatalogUnavailable: row('CATALOG_UNAVAILABLE', true, 503, 7, 'The catalog does not answer', 'Каталог недоступен', 'Check the disk that holds the catalog.'),

  // Keys.
  KeyUnavailable: row('KEY_UNAVAILABLE', true, 503, 7, 'The key provider cannot give this key', 'Ключ недоступен', 'Check that the key exists, is enabled and readable.'),
  KeyUnwrapFailed: row('KEY_UNWRAP_FAILED', false, 403, 6, 'The key does not open this backup', 'Ключ не подходит к этой копии', 'Use the key provider that wrote it, or the recovery key.'),

  // The repository.
  RepositoryFormatUnsupported: row('REPOSITORY_FORMAT_UNSUPPORTED', false, 502, 2, 'The repository has a format that this version cannot read', 'Формат репозитория не поддерживается', 'Use the Holdfast version that the format names.'),
  IntegrityViolation: row('INTEGRITY_VIOLATION', false, 502, 1, 'Stored bytes failed verification', 'Сохранённые данные не прошли проверку', 'Restore from another copy; this one is marked corrupted.'),
  CopyMissing: row('COPY_MISSING', false, 502, 1, 'A copy that the policy demands is missing', 'Отсутствует обязательная копия', 'Check the named location; the next backup repairs it.'),
  ComplianceFailed: row('COMPLIANCE_FAILED', false, 409, 5, 'A compliance rule failed', 'Нарушено правило соответствия', 'Read the failed checks; the backup is quarantined with its evidence.'),

  // Restoring.
  BackupNotRestorable: row('BACKUP_NOT_RESTORABLE', false, 409, 5, 'This backup cannot be restored', 'Из этой копии нельзя восстановить данные', 'Choose a completed backup; "holdfast backup list" shows them.'),
  RestoreTargetNotEmpty: row('RESTORE_TARGET_NOT_EMPTY', false, 409, 5, 'The restore target is not empty', 'Место восстановления не пусто', 'Choose a new, empty target.'),
  ConfirmationRequired: row('CONFIRMATION_REQUIRED', false, 409, 5, 'This overwrites live data and needs the typed store name', 'Требуется подтверждение именем хранилища', 'Pass --confirm with the exact store name, or restore to a new target.'),
  PlanExpired: row('PLAN_EXPIRED', false, 409, 5, 'The restore plan is no longer valid', 'План восстановления устарел', 'Make a new plan; plans live ten minutes.'),
  UnsafePath: row('UNSAFE_PATH', false, 409, 5, 'A path leaves its root', 'Путь выходит за пределы корня', 'Nothing was written outside the target.'),
  RestoreMismatch: row('RESTORE_MISMATCH', false, 500, 4, 'The restored data differs from the backup', 'Восстановленные данные отличаются от копии', 'Do not use the target; restore from another backup.'),

  // Machinery.
  IllegalStatusChange: row('ILLEGAL_STATUS_CHANGE', false, 409, 1, 'This status change is not legal', 'Недопустимая смена статуса', 'The record has moved on; read it again.'),
  NotificationFailed: row('NOTIFICATION_FAILED', true, 502, 7, 'A notification could not be delivered', 'Уведомление не доставлено', 'Check the channel; "holdfast doctor" tests it.'),
  Internal: row('INTERNAL', false, 500, 1, 'Unexpected error', 'Непредвиденная ошибка', 'This is a fault of Holdfast; the log has the details.'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorName = keyof typeof ERROR_TABLE;

/** Facts an operator needs (backup id, source, object key). Never a secret, never free text from a source's data. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * An error of the world, named by a row of {@link ERROR_TABLE}. The message is lower case without a full stop and says what was
 * attempted and on what: "unable to stat object 'k'".
 *
 * @example throw new HoldfastError('ObjectNotFound', `unable to read object '${key}'`, { location, key });
 */
export class HoldfastError extends Error {
  override readonly name: ErrorName;
  readonly facts: ErrorFacts;

  constructor(name: ErrorName, message: string, facts: ErrorFacts = {}, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = name;
    this.facts = facts;
  }

  get row(): ErrorRow {
    return ERROR_TABLE[this.name];
  }
}

export const isErrorName = (name: string): name is ErrorName => Object.hasOwn(ERROR_TABLE, name);

/** True when `error` carries the given name, also after it crossed a process or a state machine as plain data. */
export function hasErrorName(error: unknown, ...names: ErrorName[]): boolean {
  return error instanceof Error && (names as string[]).includes(error.name);
}

/** Wraps what is not ours as `Internal`, so that every edge deals with one class. */
export function asHoldfastError(error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error;
  // An error that crossed a module boundary (a bundle of its own) keeps its name and facts.
  if (error instanceof Error && isErrorName(error.name)) {
    const facts = (error as { facts?: ErrorFacts }).facts ?? {};
    return new HoldfastError(error.name, error.message, facts, { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new HoldfastError('Internal', message, {}, { cause: error });
}

/** Our own mistakes: a broken invariant stops the step at once. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (condition === false || condition === undefined || condition === null) {
    throw new HoldfastError('Internal', `invariant broken: ${message}`);
  }
}

/** The form in which an error is written to records, jobs and state-machine causes. */
export interface StoredError {
  readonly name: ErrorName;
  readonly message: string;
  readonly facts: ErrorFacts;
}

export function toStoredError(error: unknown): StoredError {
  const known = asHoldfastError(error);
  return { name: known.name, message: known.message, facts: known.facts };
}

export const fromStoredError = (stored: StoredError): HoldfastError =>
  new HoldfastError(stored.name, stored.message, stored.facts);
