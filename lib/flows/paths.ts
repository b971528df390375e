// The paths that machines may use, and what they find: one grammar for the checker and for every interpreter.

import type { JsonValue } from '../domain/json.ts';

const KEYS = String.raw`(?:\.[A-Za-z_]\w*)`;
const DATA_PATH = new RegExp(`^\\$${KEYS}+$`);
const RESULT_PATH = new RegExp(`^\\$${KEYS}$`);
const EXECUTION_PATH = new RegExp(`^\\$\\$\\.Execution\\.(?:Id|Name|StartTime|Input${KEYS}*)$`);
const ITEM_PATH = new RegExp(`^\\$\\$\\.Map\\.Item\\.(?:Index|Value${KEYS}*)$`);

/** `$.a.b`: a field of the state's data. */
export const isDataPath = (path: unknown): path is string => typeof path === 'string' && DATA_PATH.test(path);

/** `$.key`: the one key that a result goes to. */
export const isResultPath = (path: unknown): path is string => typeof path === 'string' && RESULT_PATH.test(path);

/** What a value `x.$` of Parameters or ItemSelector may name; a Map's item only inside that Map. */
export function isPayloadPath(path: unknown, isInMap: boolean): path is string {
  if (typeof path !== 'string') return false;
  return path === '$' || DATA_PATH.test(path) || EXECUTION_PATH.test(path) || (isInMap && ITEM_PATH.test(path));
}

/** The value at a path that passed the checker, or undefined when there is none. Own keys only: data may hold any name. */
export function valueAt(path: string, data: JsonValue, context: JsonValue = null): JsonValue | undefined {
  const isContext = path.startsWith('$$');
  const keys = path.split('.').slice(1);
  let value: JsonValue | undefined = isContext ? context : data;
  for (const key of keys) {
    if (value === null || typeof value !== 'object' || Array.isArray(value) || !Object.hasOwn(value, key))
      return undefined;
    value = (value as Readonly<Record<string, JsonValue | undefined>>)[key];
  }
  return value;
}
