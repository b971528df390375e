// The bounds of a flow, each the smallest that any platform has, so that what runs embedded runs everywhere.

export const FLOW_BOUNDS = {
  /** States that one execution may enter, in all branches together: Yandex Workflows ends an execution at 1,000 steps. */
  statesMax: 1000,
  /** Data of one state as JSON: Step Functions' payload limit. */
  dataBytesMax: 256 * 1024,
  /** Retries of one state: Yandex' retryCount. */
  retriesMax: 100,
  /** Longest pause between two tries: Yandex' maxDelay. */
  retryDelaySecondsMax: 3600,
  /** Items of a Map at once: Step Functions promises no more for an inline Map. */
  concurrencyMax: 40,
  /** Longest timeout and wait that Step Functions takes. */
  secondsMax: 99_999_999,
  /** State names: Step Functions' limit. */
  nameLengthMax: 80,
} as const;
