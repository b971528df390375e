// Fills Parameters and ItemSelector from the data, and puts results back into it.

import type { JsonObject, JsonValue } from '../../../domain/json.ts';
import { FLOW_BOUNDS } from '../../../flows/bounds.ts';
import { valueAt } from '../../../flows/paths.ts';
import { machineFault } from './failure.ts';

/** What a path may see beside the data: `$$`. */
export interface FlowContext {
  readonly [key: string]: JsonValue;
  readonly Execution: {
    readonly Id: string;
    readonly Name: string;
    readonly Input: JsonObject;
    readonly StartTime: string;
  };
}

/** @throws StateFailure States.Runtime when nothing is there */
export function need(path: string, data: JsonValue, context: FlowContext): JsonValue {
  const value = valueAt(path, data, context);
  if (value === undefined) throw machineFault('States.Runtime', `path '${path}' finds nothing in the data`);
  return value;
}

export function fillPayload(template: JsonObject, data: JsonObject, context: FlowContext): JsonObject {
  return fill(template, data, context) as JsonObject;
}

function fill(template: JsonValue, data: JsonObject, context: FlowContext): JsonValue {
  if (Array.isArray(template)) return (template as readonly JsonValue[]).map((item) => fill(item, data, context));
  if (template === null || typeof template !== 'object') return template;
  const fields = Object.entries(template as JsonObject).map(([key, field]) =>
    key.endsWith('.$')
      ? [key.slice(0, -2), need(field as string, data, context)]
      : [key, fill(field ?? null, data, context)],
  );
  return Object.fromEntries(fields) as JsonObject;
}

/** One key, nothing (null), or the result in place of the data. */
export function place(path: string | null | undefined, data: JsonObject, result: JsonValue): JsonValue {
  if (path === null) return data;
  if (path === undefined) return result;
  return { ...data, [path.slice('$.'.length)]: result };
}

/**
 * The value as it will be read back: what a state hands on must not depend on whether the process was restarted in between.
 * @throws StateFailure States.DataLimitExceeded
 */
export function asStored(value: unknown): { readonly text: string; readonly value: JsonValue } {
  const text = (JSON.stringify(value) as string | undefined) ?? 'null';
  const bytes = Buffer.byteLength(text);
  if (bytes > FLOW_BOUNDS.dataBytesMax) {
    throw machineFault(
      'States.DataLimitExceeded',
      `data of ${bytes} bytes, at most ${FLOW_BOUNDS.dataBytesMax}: keep it in the catalog`,
    );
  }
  return { text, value: JSON.parse(text) as JsonValue };
}
