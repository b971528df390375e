// Checks one state: its type, that it has the fields it needs, and that it has no field outside the subset.

import {
  checkCatch,
  checkConcurrency,
  checkDataPath,
  checkErrorRow,
  checkPayload,
  checkResource,
  checkResultPath,
  checkRetry,
  checkSeconds,
  checkText,
  checkTimestamp,
  checkWaitSeconds,
  type FieldCheck,
  type Place,
} from './check-fields.ts';
import { checkChoices } from './check-rule.ts';
import { isFields, shown, type Fields, type Report } from './faults.ts';
import type { StateType } from './machine.ts';

interface StateShape {
  readonly needs: Readonly<Record<string, FieldCheck>>;
  readonly may: Readonly<Record<string, FieldCheck>>;
}

const checkEnd: FieldCheck = (value, report) => {
  if (value !== true) report(`is ${shown(value)}`, "write 'End: true' or leave it out");
};
const checkAnything: FieldCheck = () => undefined;
const checkProcessor: FieldCheck = (value, report) => {
  const config = isFields(value) ? value['ProcessorConfig'] : undefined;
  if (!isFields(config) || config['Mode'] !== 'INLINE' || Object.keys(config).length > 1) {
    report('has no ProcessorConfig with Mode INLINE', 'write it: the distributed mode exists on one platform only');
  }
};
const checkBranches: FieldCheck = (value, report) => {
  if (!Array.isArray(value) || value.length === 0) report('is no list of branches', 'write at least one');
};

const continued = { Next: checkText, End: checkEnd };
const caught = { Catch: checkCatch };
const placed = { ResultPath: checkResultPath };

/** What is not listed here is outside the subset. Groups and targets are checked by check-portable.ts. */
const SHAPES: Readonly<Record<StateType, StateShape>> = {
  Task: {
    needs: { Resource: checkResource },
    may: {
      Parameters: checkPayload,
      TimeoutSeconds: checkSeconds,
      Retry: checkRetry,
      ...caught,
      ...placed,
      ...continued,
    },
  },
  Map: {
    needs: {
      ItemsPath: checkDataPath,
      // The items of Yandex' foreach are objects, each the whole data of its iteration.
      ItemSelector: (value, report) => checkPayload(value, report, { isInMap: true }),
      MaxConcurrency: checkConcurrency,
      ItemProcessor: checkProcessor,
    },
    may: { ...caught, ...placed, ...continued },
  },
  Parallel: { needs: { Branches: checkBranches }, may: { ...caught, ...placed, ...continued } },
  Choice: { needs: { Choices: checkChoices, Default: checkText }, may: {} },
  Wait: {
    needs: {},
    may: {
      Seconds: checkWaitSeconds,
      SecondsPath: checkDataPath,
      Timestamp: checkTimestamp,
      TimestampPath: checkDataPath,
      ...continued,
    },
  },
  Pass: { needs: {}, may: { Result: checkAnything, Parameters: checkPayload, ...placed, ...continued } },
  Succeed: { needs: {}, may: {} },
  Fail: {
    needs: {},
    may: { Error: checkErrorRow, ErrorPath: checkDataPath, Cause: checkText, CausePath: checkDataPath },
  },
};

/** Fields of Amazon States Language that people reach for, and what the subset has instead. */
const CURES: Readonly<Record<string, string>> = {
  InputPath: 'pick fields in Parameters',
  OutputPath: 'pick fields in the Parameters of the next state',
  ResultSelector: 'let the task return what is needed',
  HeartbeatSeconds: "use a 'Start…' and an 'Await…' state: the worker's heartbeat is in the catalog",
  Iterator: 'write ItemProcessor',
  MaxConcurrencyPath: 'write MaxConcurrency',
  TimeoutSecondsPath: 'write TimeoutSeconds',
  ItemReader: 'let a task return the list',
  ItemBatcher: 'let a task group the list',
  Retry: 'retry the tasks inside: trying this state again would run finished ones again',
  Assign: 'put results under a key of the data by ResultPath',
  QueryLanguage: 'paths are JSONPath here',
};

export function isStateType(type: unknown): type is StateType {
  return typeof type === 'string' && Object.hasOwn(SHAPES, type);
}

export function checkState(state: Fields & { readonly Type: StateType }, report: Report, place: Place): void {
  const shape = SHAPES[state.Type];
  const checks = { Type: checkAnything, Comment: checkAnything, ...shape.needs, ...shape.may };
  if (typeof state['Comment'] !== 'string' || state['Comment'].trim() === '') {
    report('has no Comment', 'say in a sentence why this state is there');
  }
  for (const field of Object.keys(shape.needs)) {
    if (!(field in state)) report(`${state.Type} has no ${field}`, 'write it');
  }
  for (const [field, value] of Object.entries(state)) {
    const check = (checks as Readonly<Record<string, FieldCheck>>)[field];
    if (check === undefined || !Object.hasOwn(checks, field)) {
      report(`field '${field}' of ${state.Type} is outside the portable subset`, CURES[field] ?? 'leave it out');
    } else {
      check(value, (what, cure) => report(`${field} ${what}`, cure), place);
    }
  }
  checkTogether(state, report);
}

/** What fields mean only in company. */
function checkTogether(state: Fields & { readonly Type: StateType }, report: Report): void {
  if ('Next' in SHAPES[state.Type].may && 'Next' in state === 'End' in state) {
    report('has not exactly one of Next and End', "write where to go, or 'End: true'");
  }
  if (state.Type === 'Wait') checkOneOf(state, ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'], report);
  if (state.Type === 'Fail') {
    checkOneOf(state, ['Error', 'ErrorPath'], report);
    checkOneOf(state, ['Cause', 'CausePath'], report);
  }
  if (state.Type === 'Pass' && 'Result' in state && 'Parameters' in state)
    report('has Result and Parameters', 'write one of them');
  const hasResult =
    state.Type === 'Pass' ? 'Result' in state || 'Parameters' in state : 'ResultPath' in SHAPES[state.Type].may;
  if (hasResult && !('End' in state) && state['ResultPath'] === undefined) {
    report('would replace the whole data', "write ResultPath '$.key', or null: Yandex Workflows only adds keys");
  }
}

function checkOneOf(state: Fields, fields: readonly string[], report: Report): void {
  const found = fields.filter((field) => field in state);
  if (found.length !== 1)
    report(`${String(state['Type'])} has ${found.length} of ${fields.join(', ')}`, 'write exactly one');
}
