// What a contract is made of: cases that every adapter of a port must pass, each with mutants that it must fail. A case that lets one
// of its mutants through promises something that nobody checks.

import { describe, expect, it } from '@jest/globals';

export interface ContractCase<Subject> {
  /** Condition and result in the port's words. */
  readonly title: string;
  run(subject: Subject): Promise<void>;
  /** Adapters that break just this obligation, by what they do wrong. */
  readonly mutants: Readonly<Record<string, (subject: Subject) => Subject>>;
}

/** Makes a fresh subject: an adapter on storage of its own, with what the cases need to look at it from outside. */
export type MakeSubject<Subject> = () => Promise<{ readonly subject: Subject; readonly dispose?: () => Promise<void> }>;

export function runContract<Subject>(
  name: string,
  cases: readonly ContractCase<Subject>[],
  make: MakeSubject<Subject>,
): void {
  describe(name, () => {
    for (const { title, run } of cases) {
      it(title, () => withSubject(make, run));
    }
  });
}

/** Proves that the cases have teeth; `make` gives a correct adapter, of which the mutants are made. */
export function runMutants<Subject>(
  name: string,
  cases: readonly ContractCase<Subject>[],
  make: MakeSubject<Subject>,
): void {
  describe(`${name}, broken on purpose`, () => {
    for (const { title, run, mutants } of cases) {
      it(`some mutant of "${title}" - there is one`, () => {
        expect(Object.keys(mutants)).not.toHaveLength(0);
      });
      for (const [fault, mutate] of Object.entries(mutants)) {
        it(`adapter that ${fault} - fails "${title}"`, async () => {
          const outcome = await withSubject(make, (subject) => run(mutate(subject))).then(
            () => 'passed',
            (error: unknown) => error,
          );

          // A mutant that stumbles over itself shows nothing about the case.
          expect(outcome).not.toBe('passed');
          expect(outcome).not.toBeInstanceOf(TypeError);
          expect(outcome).not.toBeInstanceOf(ReferenceError);
        });
      }
    }
  });
}

async function withSubject<Subject>(
  make: MakeSubject<Subject>,
  work: (subject: Subject) => Promise<void>,
): Promise<void> {
  const { subject, dispose } = await make();
  try {
    await work(subject);
  } finally {
    await dispose?.();
  }
}

/** The same port with some methods replaced; the others still reach the original. */
export function instead<Port extends object>(port: Port, changes: Partial<Port>): Port {
  return new Proxy(port, {
    get: (target, name) => {
      if (Object.hasOwn(changes, name)) return changes[name as keyof Port];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** The named error that a call must end with; anything else fails the case. */
export async function failureOf(
  call: Promise<unknown>,
): Promise<{ readonly name: string; readonly message: string; readonly facts: object }> {
  const outcome: unknown = await call.then(
    () => 'succeeded',
    (error: unknown) => error,
  );
  // By shape: the system's own errors come from outside jest's realm.
  expect(outcome).toMatchObject({ name: expect.any(String), message: expect.any(String) });
  return outcome as { readonly name: string; readonly message: string; readonly facts: object };
}
