import { expect, test } from '@jest/globals';

import { parseMachine } from '../../lib/flows/parse-machine.ts';
import { renderMachines } from './state-machines.ts';

const machine = parseMachine(
  `
Comment: Backs up "a|b"
StartAt: DumpUnits
States:
  DumpUnits:
    Comment: Every unit
    Type: Map
    ItemsPath: $.units
    ItemSelector: { unit.$: $$.Map.Item.Value }
    MaxConcurrency: 2
    ResultPath: null
    Next: Done
    ItemProcessor:
      ProcessorConfig: { Mode: INLINE }
      StartAt: StartDump
      States:
        StartDump: { Comment: Launch, Type: Task, Resource: 'function:backup/start-dump', End: true }
  Done: { Comment: The end, Type: Succeed }
`,
  'backup',
);

test('a machine - becomes a picture and a row per state with a link to its function', () => {
  const text = renderMachines([machine]);

  expect(text).toContain('| [backup](#backup) | Backs up "a\\|b" |');
  expect(text).toContain('```mermaid\nstateDiagram-v2\n  [*] --> DumpUnits\n');
  expect(text.split('\n').filter((line) => /^\| (DumpUnits|Done)/.test(line))).toEqual([
    '| DumpUnits | Every unit | Map |',
    '| DumpUnits › StartDump | Launch | [backup/start-dump](../functions/backup/start-dump/handler.ts) |',
    '| Done | The end | Succeed |',
  ]);
});

test('machines in any order - give the same text', () => {
  const other = { ...machine, name: 'alone' };

  expect(renderMachines([machine, other])).toBe(renderMachines([other, machine]));
});
