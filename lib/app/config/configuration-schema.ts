// The JSON Schema of holdfast.yaml, for editors: completion, descriptions and red lines while typing.

import { z } from 'zod';

import type { JsonObject } from '../../domain/json.ts';
import { configurationSchema } from './schema.ts';

export function configurationSchemaJson(): JsonObject {
  const schema = z.toJSONSchema(configurationSchema, {
    target: 'draft-2020-12',
    io: 'input',
    unrepresentable: 'throw',
  });
  return { ...(schema as unknown as JsonObject), title: 'holdfast.yaml' };
}
