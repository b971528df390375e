// Generates statemachines/README.md: every flow as a picture and as a table from its states to their functions.
import { loadMachines } from '../../lib/app/project-files.ts';
import { machineDiagram } from '../../lib/flows/diagram.ts';
import { innerGroups, type Machine, type State, type StateGroup } from '../../lib/flows/machine.ts';
import type { GeneratedDocument } from '../generated-documents.ts';

const stateMachineDocs: GeneratedDocument = {
  file: 'statemachines/README.md',
  render: async () => renderMachines([...loadMachines().values()]),
};

export const documents = [stateMachineDocs];

export function renderMachines(machines: readonly Machine[]): string {
  const sorted = machines.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  const contents = sorted.map(({ name, definition }) => `| [${name}](#${name}) | ${cell(definition.Comment)} |`);
  return [
    '# Flows',
    '',
    'Generated from the machines beside this file by `npm run generate`.',
    'A state `BeginBackup` with `function:backup/begin-backup` opens `functions/backup/begin-backup/` and `lib/backup/begin-backup.ts`.',
    '[lib/flows](../lib/flows/README.md) says what a machine may use, so that it runs on every platform.',
    '',
    '| machine | what it does |',
    '|---|---|',
    ...contents,
    '',
    ...sorted.flatMap(section),
  ].join('\n');
}

function section(machine: Machine): readonly string[] {
  return [
    `## ${machine.name}`,
    '',
    `${machine.definition.Comment}.`.replace(/([.!?])\.$/, '$1'),
    '',
    '```mermaid',
    machineDiagram(machine),
    '```',
    '',
    '| state | what it does | function |',
    '|---|---|---|',
    ...rows(machine.definition, ''),
    '',
  ];
}

/** In the order of the file; a state inside a Map or Parallel stands behind the state that holds it. */
function rows(group: StateGroup, holder: string): readonly string[] {
  return Object.entries(group.States).flatMap(([name, state]) => [
    `| ${holder}${name} | ${cell(state.Comment)} | ${functionOf(state)} |`,
    ...innerGroups(state).flatMap((inner) => rows(inner.group, `${holder}${name} › `)),
  ]);
}

function functionOf(state: State): string {
  if (state.Type !== 'Task') return state.Type;
  const step = state.Resource.slice('function:'.length);
  return `[${step}](../functions/${step}/handler.ts)`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
