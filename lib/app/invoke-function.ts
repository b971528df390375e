// Calls a step's function in this process, the way a cloud would call it: by its module under functions/.

import { HoldfastError } from '../domain/errors.ts';
import type { JsonObject, JsonValue } from '../domain/json.ts';
import type { TaskContext } from '../ports/flow-runner.ts';
import type { Platform } from '../ports/platform.ts';
import { runWithPlatform } from './bound-platform.ts';
import type { StepHandler } from './step-handler.ts';
import { functionModule } from './project-files.ts';

const PREFIX = 'function:';
const loaded = new Map<string, Promise<StepHandler>>();

/** @throws every named error of the step */
export async function invokeFunction(
  platform: Platform,
  resource: string,
  input: JsonObject,
  task: TaskContext,
): Promise<JsonValue> {
  const handler = await loadHandler(resource);
  const output = await runWithPlatform(platform, () => handler(input, { task }));
  return JSON.parse(JSON.stringify(output)) as JsonValue;
}

async function loadHandler(resource: string): Promise<StepHandler> {
  if (!resource.startsWith(PREFIX)) throw new HoldfastError('Internal', `resource '${resource}' is no function`);
  const name = resource.slice(PREFIX.length);
  const known = loaded.get(name);
  if (known !== undefined) return await known;
  const loading = import(functionModule(name)).then((module) => (module as { handler: StepHandler }).handler);
  loaded.set(name, loading);
  return await loading;
}
