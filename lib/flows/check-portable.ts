// Refuses every machine outside the portable subset, with all its faults at once; what passes runs on every platform.

import { HoldfastError } from '../domain/errors.ts';
import { FLOW_BOUNDS } from './bounds.ts';
import { checkState, isStateType } from './check-state.ts';
import { faultLine, isFields, shown, type Fault, type Fields, type Report } from './faults.ts';
import { nextStates, type Machine, type State, type StateType } from './machine.ts';

const GROUP_FIELDS = ['StartAt', 'States'];
const MACHINE_FIELDS = ['Comment', ...GROUP_FIELDS];
const PROCESSOR_FIELDS = ['ProcessorConfig', 'Comment', ...GROUP_FIELDS];
const BRANCH_FIELDS = ['Comment', ...GROUP_FIELDS];

/** @throws InvalidConfiguration naming every fault: state, what, cure */
export function checkPortable(machine: Machine): void {
  const faults = portabilityFaults(machine.definition);
  if (faults.length === 0) return;
  throw new HoldfastError(
    'InvalidConfiguration',
    `machine '${machine.name}' is outside the portable subset:\n${faults.map((fault) => `- ${faultLine(fault)}`).join('\n')}`,
    { machine: machine.name, faults: faults.length },
  );
}

/** Takes the definition as read, whatever it is. */
export function portabilityFaults(definition: unknown): readonly Fault[] {
  const walk: Walk = { faults: [], names: new Set() };
  if (!isFields(definition)) return [{ state: '', what: 'is no object', cure: 'write Comment, StartAt and States' }];
  if (typeof definition['Comment'] !== 'string' || definition['Comment'].trim() === '') {
    reporter(walk, '')('has no Comment', 'say in a sentence what this machine is for');
  }
  checkGroup(walk, definition, { path: '', isInMap: false, fields: MACHINE_FIELDS });
  return walk.faults;
}

/** What grows while the machine is walked. */
interface Walk {
  readonly faults: Fault[];
  readonly names: Set<string>;
}

interface GroupPlace {
  /** Path of the state that holds the group, empty for the machine. */
  readonly path: string;
  readonly isInMap: boolean;
  readonly fields: readonly string[];
}

const reporter =
  (walk: Walk, state: string): Report =>
  (what, cure) =>
    void walk.faults.push({ state, what, cure });

function checkGroup(walk: Walk, group: Fields, place: GroupPlace): void {
  const report = reporter(walk, place.path);
  for (const field of Object.keys(group)) {
    if (!place.fields.includes(field)) report(`field '${field}' is outside the portable subset`, 'leave it out');
  }
  const states = group['States'];
  if (!isFields(states) || Object.keys(states).length === 0) {
    report('has no States', 'write at least one');
    return;
  }
  const sound = Object.entries(states).filter(([name, state]) => checkNamedState(walk, name, state, place));
  if (typeof group['StartAt'] !== 'string' || !Object.hasOwn(states, group['StartAt'])) {
    report(`StartAt ${shown(group['StartAt'])} is no state here`, `name one of ${Object.keys(states).join(', ')}`);
    return;
  }
  // Where a state goes can be followed only when every state here is of a known shape.
  if (sound.length === Object.keys(states).length)
    checkWays(walk, group['StartAt'], states as Record<string, State>, place);
}

function checkNamedState(walk: Walk, name: string, state: unknown, place: GroupPlace): boolean {
  const path = place.path === '' ? name : `${place.path}/${name}`;
  const report = reporter(walk, path);
  if (!/^[A-Z][A-Za-z0-9]*$/.test(name) || name.length > FLOW_BOUNDS.nameLengthMax) {
    report(
      'is no state name',
      `write a verb with its object like DumpSource, at most ${FLOW_BOUNDS.nameLengthMax} letters and digits`,
    );
  }
  if (walk.names.has(name)) report('has the name of another state', 'names are unique in the whole machine');
  walk.names.add(name);
  if (!isFields(state) || !isStateType(state['Type'])) {
    report(
      `Type ${shown(isFields(state) ? state['Type'] : state)} is outside the portable subset`,
      'see lib/flows/README.md',
    );
    return false;
  }
  const before = walk.faults.length;
  checkState(state as Fields & { readonly Type: StateType }, report, place);
  const isSound = walk.faults.length === before;
  checkInnerGroups(walk, state, { path, isInMap: place.isInMap });
  return isSound;
}

function checkInnerGroups(walk: Walk, state: Fields, place: Omit<GroupPlace, 'fields'>): void {
  if (state['Type'] === 'Map' && isFields(state['ItemProcessor'])) {
    checkGroup(walk, state['ItemProcessor'], { ...place, isInMap: true, fields: PROCESSOR_FIELDS });
  }
  if (state['Type'] === 'Parallel' && Array.isArray(state['Branches'])) {
    state['Branches'].forEach((branch: unknown, index) => {
      const path = `${place.path}[${index}]`;
      if (isFields(branch)) checkGroup(walk, branch, { ...place, path, fields: BRANCH_FIELDS });
      else reporter(walk, path)('is no object', 'write StartAt and States');
    });
  }
}

/** Every target exists in its own group, every state can be reached, and some state ends the group. */
function checkWays(walk: Walk, start: string, states: Readonly<Record<string, State>>, place: GroupPlace): void {
  const reached = new Set([start]);
  // A set grows while it is iterated: each state is visited once.
  for (const name of reached) {
    for (const next of nextStates(states[name] as State)) {
      if (Object.hasOwn(states, next)) reached.add(next);
      else
        reporter(walk, inGroup(place, name))(
          `goes to '${next}', which is no state here`,
          `name one of ${Object.keys(states).join(', ')}`,
        );
    }
  }
  if (!Object.values(states).some((state) => nextStates(state).length === 0 || 'End' in state)) {
    reporter(walk, place.path)('never ends', "let a state say 'End: true', or add Succeed or Fail");
  }
  for (const name of Object.keys(states)) {
    if (!reached.has(name)) reporter(walk, inGroup(place, name))('is never reached', 'name it as a Next, or remove it');
  }
}

const inGroup = (place: GroupPlace, name: string): string => (place.path === '' ? name : `${place.path}/${name}`);
