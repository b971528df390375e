// Keeps machines, function folders and steps in one line: what a machine names exists, and what exists is named by a machine.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { describe, expect, test } from '@jest/globals';
import validate from 'asl-validator';

import { isErrorName } from '../../lib/domain/errors.ts';
import { innerGroups, type StateGroup, type State } from '../../lib/flows/machine.ts';
import { parseMachine } from '../../lib/flows/parse-machine.ts';
import { repositoryRoot } from '../../scripts/repository-root.ts';
import { flowCases } from '../contracts/flow-runner.contract.ts';

/** Fewer machines than this, and the test has lost its subject. */
const MACHINES_MIN = 4;
const SUFFIX = '.asl.yaml';
/** Folders of functions that no machine calls: the outer world does. */
const ENTRY_FOLDERS = ['http', 'events', 'tick'];

const machines = globSync(`statemachines/*${SUFFIX}`, { cwd: repositoryRoot })
  .sort()
  .map((file) => ({ name: basename(file, SUFFIX), text: readFileSync(join(repositoryRoot, file), 'utf8') }));
const states = machines.flatMap(({ name, text }) =>
  statesOf(parseMachine(text, name).definition).map((state) => ({ machine: name, ...state })),
);
const tasks = states.flatMap(({ machine, name, state }) =>
  state.Type === 'Task' ? [{ machine, name, step: state.Resource.slice('function:'.length) }] : [],
);

test(`there are machines - at least ${MACHINES_MIN}`, () => {
  expect(machines.length).toBeGreaterThanOrEqual(MACHINES_MIN);
  expect(tasks.length).toBeGreaterThan(machines.length);
});

describe('every machine', () => {
  test.each(machines)('$name - is portable', ({ name, text }) => {
    expect(() => parseMachine(text, name)).not.toThrow();
  });

  test.each(machines)('$name - is Amazon States Language to a validator that is not ours', ({ name, text }) => {
    expect(complaintsOfValidator(parseMachine(text, name).definition)).toBe('');
  });

  test.each(machines)('$name - every task has its function folder, named as the state, and its step', ({ name }) => {
    const missing = tasks.filter((task) => task.machine === name).flatMap(missingOf);

    expect(missing).toEqual([]);
  });

  test.each(machines)(
    '$name - Retry and Catch name rows of the error table or errors of every platform',
    ({ name }) => {
      const named = states.filter((state) => state.machine === name).flatMap(({ state }) => errorNamesOf(state));

      expect(
        named.filter(
          (error) => !isErrorName(error) && !['States.ALL', 'States.Timeout', 'States.TaskFailed'].includes(error),
        ),
      ).toEqual([]);
    },
  );
});

test('every function folder of a slice - is a step of some machine', () => {
  const steps = new Set(tasks.map((task) => task.step));
  const folders = globSync('functions/*/*/', { cwd: repositoryRoot })
    .map((folder) => folder.split(/[\\/]/).slice(1, 3).join('/'))
    .filter((folder) => !ENTRY_FOLDERS.includes(folder.split('/')[0] ?? ''));

  expect(folders.filter((folder) => !steps.has(folder))).toEqual([]);
  expect(folders.length).toBeGreaterThan(0);
});

test('the flows of the runner contract - are Amazon States Language to a validator that is not ours', () => {
  // Each call compiles every schema anew, so all flows go through as the branches of one.
  const branches = flowCases.map((flowCase, index) =>
    renamed(parseMachine(flowCase.machine, 'flow').definition, `Of${index}`),
  );

  expect(
    complaintsOfValidator({ StartAt: 'All', States: { All: { Type: 'Parallel', Branches: branches, End: true } } }),
  ).toBe('');
});

function statesOf(group: StateGroup): readonly { readonly name: string; readonly state: State }[] {
  return Object.entries(group.States).flatMap(([name, state]) => [
    { name, state },
    ...innerGroups(state).flatMap((inner) => statesOf(inner.group)),
  ]);
}

function missingOf({ machine, name, step }: (typeof tasks)[number]): readonly string[] {
  const wanted = kebab(name);
  const files = [
    `functions/${step}/handler.ts`,
    `functions/${step}/function.yml`,
    `functions/${step}/example.json`,
    `lib/${step}.ts`,
  ];
  return [
    ...(basename(step) === wanted ? [] : [`${machine}: state ${name} calls ${step}, not …/${wanted}`]),
    ...files
      .filter((file) => !existsSync(join(repositoryRoot, file)))
      .map((file) => `${machine}: state ${name} needs ${file}`),
  ];
}

const kebab = (name: string): string =>
  name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '-').toLowerCase();

function errorNamesOf(state: State): readonly string[] {
  const retried = 'Retry' in state ? (state.Retry ?? []).flatMap((retrier) => retrier.ErrorEquals) : [];
  const caught = 'Catch' in state ? (state.Catch ?? []).flatMap((catcher) => catcher.ErrorEquals) : [];
  return [...retried, ...caught];
}

/** The validator wants addresses of one cloud and writes into what it reads: it gets a copy with such addresses. */
function complaintsOfValidator(definition: object): string {
  const addressed = JSON.stringify(definition).replaceAll(
    /"function:([a-z0-9-]+)\/([a-z0-9-]+)"/g,
    '"arn:aws:lambda:eu-central-1:123456789012:function:$1-$2"',
  );
  const { isValid, errorsText } = validate(JSON.parse(addressed) as object);
  return isValid ? '' : errorsText();
}

/** The definition with a suffix at every state's name: names are unique in a whole machine. */
function renamed(value: unknown, suffix: string): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => renamed(item, suffix));
  if (value === null || typeof value !== 'object') return value;
  const fields = Object.entries(value).map(([key, field]: [string, unknown]) => {
    if (key === 'States') {
      const named = Object.entries(field as object).map(([name, state]) => [name + suffix, renamed(state, suffix)]);
      return [key, Object.fromEntries(named)];
    }
    const isName = ['StartAt', 'Next', 'Default'].includes(key) && typeof field === 'string';
    return [key, isName ? field + suffix : renamed(field, suffix)];
  });
  return Object.fromEntries(fields);
}
