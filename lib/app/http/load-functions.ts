// Loads the managers' functions for the embedded server, as a cloud would load them: each from its own module.

import { functionModule } from '../project-files.ts';
import type { HttpFunction } from './http-function.ts';
import { MANAGERS } from './managers.ts';
import type { HttpFunctions, Manager } from './managers.ts';

export async function loadHttpFunctions(): Promise<HttpFunctions> {
  const handlers = await Promise.all(MANAGERS.map(async (manager) => [manager, await loadHandler(manager)] as const));
  return Object.fromEntries(handlers) as HttpFunctions;
}

async function loadHandler(manager: Manager): Promise<HttpFunction> {
  const module = (await import(functionModule(`http/${manager}`))) as { readonly handler: HttpFunction };
  return module.handler;
}
