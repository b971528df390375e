// The one handler chain of machine steps: parse the input strictly, find the platform, run the step, name the error.
// Embedded and in a cloud the same chain runs; only where the task's identity comes from differs.

import middy from '@middy/core';
import * as z from 'zod/mini';
import { HoldfastError, asHoldfastError } from '../domain/errors.ts';
import type { TaskContext } from '../ports/flow-runner.ts';
import type { Platform } from '../ports/platform.ts';
import { currentPlatform } from './current-platform.ts';
import type { StepContext, StepHandler } from './step-handler.ts';

export type Step<I> = (platform: Platform, input: I, task: TaskContext) => Promise<object>;

/** In a cloud the machine's generated parameters carry the task's identity beside the step's own fields. */
const taskFields = z.object({ execution: z.string(), path: z.string(), attempt: z.number() });

export function stepHandler<S extends z.ZodMiniType>(step: Step<z.output<S>>, schema: S): StepHandler {
  const run = async (event: unknown, context: StepContext): Promise<object> => {
    const { task, fields } = taskOf(event, context);
    const input = parseInput(schema, fields);
    return await step(await currentPlatform(), input, task);
  };
  const chain = middy(run).onError((request) => {
    // The name is what the machine's Retry and Catch match; a foreign error becomes "Internal".
    throw asHoldfastError(request.error);
  });
  return async (event, context) => await chain(event, context);
}

function taskOf(event: unknown, context: StepContext): { readonly task: TaskContext; readonly fields: unknown } {
  if (context.task !== undefined) return { task: context.task, fields: event };
  const { task, ...fields } = event as Record<string, unknown>;
  const parsed = taskFields.safeParse(task);
  if (!parsed.success) throw new HoldfastError('InvalidRequest', 'the step was called without its task identity');
  return { task: { ...parsed.data, signal: new AbortController().signal }, fields };
}

function parseInput<S extends z.ZodMiniType>(schema: S, fields: unknown): z.output<S> {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`).join('; ');
  throw new HoldfastError('InvalidRequest', `unable to read the step's input: ${where}`);
}
