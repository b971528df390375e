// Draws a machine as a Mermaid state diagram, for the generated documents.

import { innerGroups, type Machine, type State, type StateGroup } from './machine.ts';

/** Text of a Mermaid `stateDiagram-v2`; the same machine gives the same text. */
export function machineDiagram(machine: Machine): string {
  return ['stateDiagram-v2', ...groupLines(machine.definition, '  ')].join('\n');
}

function groupLines(group: StateGroup, indent: string): readonly string[] {
  const states = Object.entries(group.States).flatMap(([name, state]) => stateLines(name, state, indent));
  return [`${indent}[*] --> ${group.StartAt}`, ...states];
}

function stateLines(name: string, state: State, indent: string): readonly string[] {
  return [...innerLines(name, state, indent), ...ways(name, state).map((way) => indent + way)];
}

/** A Map or Parallel is drawn as a state that holds its groups. */
function innerLines(name: string, state: State, indent: string): readonly string[] {
  const groups = innerGroups(state);
  if (groups.length === 0) return [];
  const inner = groups.flatMap(({ group }, index) => [
    ...(index === 0 ? [] : [`${indent}  --`]),
    ...groupLines(group, `${indent}  `),
  ]);
  return [`${indent}state ${name} {`, ...inner, `${indent}}`];
}

function ways(name: string, state: State): readonly string[] {
  if (state.Type === 'Choice') {
    const chosen = state.Choices.map((choice) => `${name} --> ${choice.Next}: ${ruleText(choice)}`);
    return [...chosen, `${name} --> ${state.Default}: otherwise`];
  }
  if (state.Type === 'Succeed') return [`${name} --> [*]`];
  if (state.Type === 'Fail') return [`${name} --> [*]: fails`];
  const caught = 'Catch' in state ? (state.Catch ?? []) : [];
  return [
    `${name} --> ${state.Next ?? '[*]'}`,
    ...caught.map((catcher) => `${name} --> ${catcher.Next}: ${catcher.ErrorEquals.join(', ')}`),
  ];
}

/** Colons and semicolons end a label in Mermaid, so rules are told in words. */
function ruleText(rule: Readonly<Record<string, unknown>>): string {
  for (const connective of ['And', 'Or']) {
    const parts = rule[connective] as readonly Readonly<Record<string, unknown>>[] | undefined;
    if (parts !== undefined) return parts.map(ruleText).join(` ${connective.toLowerCase()} `);
  }
  if (rule['Not'] !== undefined) return `not (${ruleText(rule['Not'] as Readonly<Record<string, unknown>>)})`;
  const [operator = '', wanted] =
    Object.entries(rule).find(([field]) => !['Variable', 'Next', 'Comment'].includes(field)) ?? [];
  return `${String(rule['Variable']).slice('$.'.length)} ${comparisonText(operator, wanted)}`;
}

const WORDS: Readonly<Record<string, string>> = {
  Equals: 'is',
  LessThan: 'is below',
  GreaterThan: 'is above',
  LessThanEquals: 'is at most',
  GreaterThanEquals: 'is at least',
};

function comparisonText(operator: string, wanted: unknown): string {
  const claim = /^Is(Present|Null)$/.exec(operator)?.[1];
  if (claim !== undefined) return `is ${wanted === true ? '' : 'not '}${claim.toLowerCase()}`;
  return `${WORDS[operator.replace(/^(String|Numeric|Boolean)/, '')] ?? operator} ${String(wanted).replaceAll(/[:;]/g, ' ')}`;
}
