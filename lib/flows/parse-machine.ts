// Reads a machine from YAML (or JSON) and gives it out only when it is portable.

import { parse, YAMLError } from 'yaml';

import { HoldfastError } from '../domain/errors.ts';
import { checkPortable } from './check-portable.ts';
import type { Machine, MachineDefinition } from './machine.ts';

/** @throws InvalidConfiguration (no YAML, or outside the portable subset; all faults at once) */
export function parseMachine(yamlText: string, name: string): Machine {
  const machine = { name, definition: readYaml(yamlText, name) as MachineDefinition };
  checkPortable(machine);
  return machine;
}

function readYaml(yamlText: string, name: string): unknown {
  try {
    return parse(yamlText, {
      version: '1.2',
      schema: 'core',
      strict: true,
      uniqueKeys: true,
      merge: false,
      maxAliasCount: 100,
    });
  } catch (error) {
    if (!(error instanceof YAMLError) && !(error instanceof ReferenceError)) throw error;
    throw new HoldfastError(
      'InvalidConfiguration',
      `unable to read machine '${name}': ${error.message}`,
      { machine: name },
      { cause: error },
    );
  }
}
