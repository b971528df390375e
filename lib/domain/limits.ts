// Every bound of the product in one place, each with its reason: a loop, queue, page, retry or stream without one is a fault.

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;

export const LIMITS = {
  /** Await states poll at most this often: Yandex Workflows allows no more retries on one state. */
  pollAttemptsMax: 100,
  /** A unit of work (one dump unit, one verify, one copy) may fail this often before the backup fails. */
  workAttemptsMax: 3,
  /** Workers of one unit that may be lost without a word: a platform that restarts often is no fault of the source. */
  workersLostMax: 12,
  /** A worker that shows no new heartbeat for this long is taken for lost. Ten heartbeats: one slow disk flush is no death. */
  heartbeatTermSeconds: 30,
  heartbeatIntervalSeconds: 3,
  /** One transaction carries at most this many writes; DynamoDB allows 100, small ones conflict less. */
  transactionWritesMax: 10,
  /** Re-reads after a lost condition before giving up: with jitter this outlasts any burst of writers seen in tests. */
  conditionRetriesMax: 20,
  /** One page of a list; bounds memory of a caller. */
  pageItemsMax: 1000,
  /** Items waiting to start. A full queue answers QueueFull and is seen, never dropped silently (SPEC A4). */
  queueLengthMax: 1000,
  /** Backups running at once on one platform unless configured otherwise. */
  concurrentBackupsDefault: 2,
  /** A catalog item stays below DynamoDB's 400 KB. */
  catalogItemBytesMax: 350 * KIBIBYTE,
  /** A pack: memory, retry cost and request price balance here (research: 16 MiB). */
  packBytes: 16 * MEBIBYTE,
  /** New chunks are concatenated up to this size before compression: smaller repositories and fewer cipher calls. */
  segmentBytes: 2 * MEBIBYTE,
  /** Segments being compressed at once: the back-pressure of the data path. */
  segmentsInFlight: 3,
  /** One object read into memory at once (packs, indexes, manifests' blocks). */
  objectBytesMax: 256 * MEBIBYTE,
  /** Workers dumping units of one backup at once. */
  unitsInParallel: 2,
  /** Units of one backup: keeps every execution far below 25,000 history events and 1,000 steps. */
  unitsMax: 60,
  /** A restore plan pins what was shown to a person; after this it must be shown again. */
  planTermMinutes: 10,
  /** A notification is tried this often. */
  notificationAttemptsMax: 3,
  /** Request bodies of the API. */
  requestBytesMax: 256 * KIBIBYTE,
  /** A path inside a backup; Linux PATH_MAX. */
  pathBytesMax: 4096,
  /** Audit entries read per page. */
  auditPageMax: 500,
  /** Text of a tool's standard error kept as evidence. */
  toolMessageBytesMax: 8 * KIBIBYTE,
} as const;
