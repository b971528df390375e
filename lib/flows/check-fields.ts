// Checks of single fields; each takes the value as read and reports what no platform, or not every platform, would take.

import { isErrorName } from '../domain/errors.ts';
import { FLOW_BOUNDS } from './bounds.ts';
import { isFields, isText, isWholeBetween, shown, type Fields, type Report } from './faults.ts';
import { isDataPath, isPayloadPath, isResultPath } from './paths.ts';

/** What a field's check knows of its surroundings. */
export interface Place {
  readonly isInMap: boolean;
}

export type FieldCheck = (value: unknown, report: Report, place: Place) => void;

/** Errors that the platforms raise themselves and all of them can match. */
const PLATFORM_ERRORS: readonly unknown[] = ['States.ALL', 'States.Timeout', 'States.TaskFailed'];

export const checkText: FieldCheck = (value, report) => {
  if (!isText(value)) report('is no text', 'write a sentence or a name');
};

export const checkResource: FieldCheck = (value, report) => {
  if (typeof value !== 'string' || !/^function:[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/.test(value)) {
    report(
      `${shown(value)} is no function`,
      "write 'function:<folder>/<step>'; each cloud's generator puts its own address there",
    );
  }
};

export const checkDataPath: FieldCheck = (value, report) => {
  if (!isDataPath(value))
    report(`path ${shown(value)} is outside the subset`, "write '$.a.b': letters, digits and _ between dots");
};

export const checkResultPath: FieldCheck = (value, report) => {
  if (value === null || isResultPath(value)) return;
  report(`path ${shown(value)} is outside the subset`, "write '$.key' with one key, or null to drop the result");
};

export const checkPayload: FieldCheck = (value, report, place) => {
  if (isFields(value)) checkTemplate(value, report, place);
  else report('is no object', 'write an object of fields');
};

function checkTemplate(value: unknown, report: Report, place: Place): void {
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) checkTemplate(item, report, place);
    return;
  }
  if (isFields(value)) {
    for (const [key, field] of Object.entries(value)) checkTemplateField(key, field, report, place);
    return;
  }
  if (typeof value === 'string' && value.startsWith('$')) {
    report(`text '${value}' looks like a path but is taken literally`, "let the field's name end in '.$'");
  }
}

function checkTemplateField(key: string, field: unknown, report: Report, place: Place): void {
  if (!key.endsWith('.$')) {
    checkTemplate(field, report, place);
    return;
  }
  if (isPayloadPath(field, place.isInMap)) return;
  const isItem = typeof field === 'string' && field.startsWith('$$.Map.');
  report(
    `path ${shown(field)} of '${key}' is outside the subset`,
    isItem && !place.isInMap
      ? 'there is an item only inside a Map'
      : "write '$', '$.a.b', '$$.Execution.Id|Name|Input|StartTime' or '$$.Map.Item.Index|Value'; functions belong into a task",
  );
}

export const checkSeconds: FieldCheck = (value, report) => checkWhole(value, report, 1, FLOW_BOUNDS.secondsMax);

export const checkWaitSeconds: FieldCheck = (value, report) => checkWhole(value, report, 0, FLOW_BOUNDS.secondsMax);

export const checkConcurrency: FieldCheck = (value, report) => checkWhole(value, report, 1, FLOW_BOUNDS.concurrencyMax);

function checkWhole(value: unknown, report: Report, least: number, most: number): void {
  if (!isWholeBetween(value, least, most))
    report(`is ${shown(value)}`, `write a whole number from ${least} to ${most}`);
}

export const checkTimestamp: FieldCheck = (value, report) => {
  if (typeof value === 'string' && isInstant(value)) return;
  report(`${shown(value)} is no instant`, "write it as '2026-01-31T12:00:00Z'");
};

/** RFC 3339 in UTC; other zones are spelled differently by the platforms. */
export function isInstant(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/.test(text) && !Number.isNaN(Date.parse(text));
}

export const checkErrorRow: FieldCheck = (value, report) => {
  if (typeof value !== 'string' || !isErrorName(value)) {
    report(`${shown(value)} is not in the error table`, 'name a row of lib/domain/errors.ts');
  }
};

/** States.ALL stands alone: Step Functions refuses it in company. */
export const checkErrorEquals: FieldCheck = (value, report) => {
  if (!Array.isArray(value) || value.length === 0) {
    report('names no errors', 'list at least one error name');
    return;
  }
  const names = value as unknown[];
  for (const name of names) {
    if (!PLATFORM_ERRORS.includes(name) && !(typeof name === 'string' && isErrorName(name))) {
      report(
        `${shown(name)} is no known error`,
        `name a row of lib/domain/errors.ts or one of ${PLATFORM_ERRORS.join(', ')}`,
      );
    }
  }
  if (names.includes('States.ALL') && names.length > 1)
    report('States.ALL is not alone', 'it covers the others: leave them out');
};

export const checkRetry: FieldCheck = (value, report) => {
  if (!Array.isArray(value) || value.length !== 1 || !isFields(value[0])) {
    report('is no list of exactly one retrier', 'Yandex Workflows has one retry policy per step: merge them');
    return;
  }
  const retrier = value[0];
  const known = ['ErrorEquals', 'IntervalSeconds', 'BackoffRate', 'MaxAttempts', 'MaxDelaySeconds'];
  reportUnknown(retrier, known, report, 'the delays are Interval, Backoff and MaxDelay only; jitter is lost on Yandex');
  checkErrorEquals(retrier['ErrorEquals'], report, { isInMap: false });
  checkDelays(retrier, report);
};

function checkDelays(retrier: Fields, report: Report): void {
  const { IntervalSeconds: interval, BackoffRate: rate, MaxAttempts: attempts, MaxDelaySeconds: longest } = retrier;
  const delayMax = FLOW_BOUNDS.retryDelaySecondsMax;
  if (!isWholeBetween(interval, 1, delayMax)) {
    report(`IntervalSeconds is ${shown(interval)}`, `write 1 to ${delayMax}`);
    return;
  }
  if (typeof rate !== 'number' || !(rate >= 1)) {
    report(`BackoffRate is ${shown(rate)}`, 'write a number of at least 1');
    return;
  }
  if (!isWholeBetween(attempts, 0, FLOW_BOUNDS.retriesMax)) {
    report(`MaxAttempts is ${shown(attempts)}`, `write 0 to ${FLOW_BOUNDS.retriesMax}: no platform polls more often`);
    return;
  }
  if (longest !== undefined) {
    // Step Functions refuses a MaxDelaySeconds that is not above the interval.
    if (!isWholeBetween(longest, interval + 1, delayMax)) {
      report(`MaxDelaySeconds is ${shown(longest)}`, `write ${interval + 1} to ${delayMax}`);
    }
  } else if (interval * rate ** Math.max(0, attempts - 1) > delayMax) {
    report('the delay grows past an hour', `set MaxDelaySeconds to at most ${delayMax}`);
  }
}

export const checkCatch: FieldCheck = (value, report) => {
  if (!Array.isArray(value) || value.length === 0) {
    report('is no list of catchers', 'write one or leave it out');
    return;
  }
  value.forEach((catcher: unknown, index) => {
    if (!isFields(catcher)) {
      report('holds something else than an object', 'write ErrorEquals, ResultPath and Next');
      return;
    }
    reportUnknown(catcher, ['ErrorEquals', 'ResultPath', 'Next'], report, 'a catcher has no other fields');
    checkErrorEquals(catcher['ErrorEquals'], report, { isInMap: false });
    if (catcher['ResultPath'] === undefined) {
      report('a catcher has no ResultPath', "write '$.error': the data that the next state needs would be lost");
    } else {
      checkResultPath(catcher['ResultPath'], report, { isInMap: false });
    }
    const isAll = Array.isArray(catcher['ErrorEquals']) && catcher['ErrorEquals'].includes('States.ALL');
    if (isAll && index < value.length - 1)
      report('catchers stand behind States.ALL', 'put it last: the later ones never match');
  });
};

function reportUnknown(fields: Fields, known: readonly string[], report: Report, cure: string): void {
  for (const field of Object.keys(fields)) {
    if (!known.includes(field)) report(`field '${field}' is outside the subset`, cure);
  }
}
