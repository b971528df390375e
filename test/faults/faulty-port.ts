// Makes any port fail on demand: faults are queued per method and each one is used up by one call. The decorator has the port's own type.

import type { EffectGate } from './effect-gate.ts';

type Method<Port> = {
  [Name in keyof Port]: Port[Name] extends (...all: never[]) => Promise<unknown> ? Name : never;
}[keyof Port];
type Answer<Port, Name extends keyof Port> = Port[Name] extends (...all: never[]) => Promise<infer Result>
  ? Result
  : never;
type Call<Port, Name extends keyof Port> = Port[Name] extends (...all: infer All) => unknown ? All : never;

interface Fault {
  /** Runs first; what it throws is the answer, and nothing has happened. */
  readonly before?: (all: readonly unknown[]) => void | Promise<void>;
  /** Gets the real answer; what it returns or throws takes its place. */
  readonly after?: (answer: unknown) => unknown;
}

export class FaultQueue<Port> {
  readonly #queued = new Map<PropertyKey, Fault[]>();

  /** The call fails and nothing has happened. */
  failBefore<Name extends Method<Port>>(
    method: Name,
    error: Error,
    isMeant: (...all: Call<Port, Name>) => boolean = () => true,
  ): void {
    this.#queue(method, {
      before: (all) => {
        if (isMeant(...(all as Call<Port, Name>))) throw error;
        // Another call than the one that was meant: the fault waits for that one.
        this.failBefore(method, error, isMeant);
      },
    });
  }

  /** The call takes effect, but its reply is lost. */
  failAfter(method: Method<Port>, error: Error): void {
    this.#queue(method, {
      after: () => {
        throw error;
      },
    });
  }

  /** The call waits first, for example for a promise that the test settles, or that never does. */
  holdBefore(method: Method<Port>, until: Promise<void>): void {
    this.#queue(method, { before: () => until });
  }

  /** The call answers something else than the truth. */
  change<Name extends Method<Port>>(method: Name, change: (answer: Answer<Port, Name>) => Answer<Port, Name>): void {
    this.#queue(method, { after: (answer) => change(answer as Answer<Port, Name>) });
  }

  /** Faults that no call has used up: a test that leaves some did not test what it says. */
  get left(): number {
    return [...this.#queued.values()].reduce((sum, faults) => sum + faults.length, 0);
  }

  take(method: PropertyKey): Fault | undefined {
    return this.#queued.get(method)?.shift();
  }

  #queue(method: PropertyKey, fault: Fault): void {
    this.#queued.set(method, [...(this.#queued.get(method) ?? []), fault]);
  }
}

export interface FaultyOptions<Port> {
  /** Shown in the names of effects: `primary.put`. */
  readonly name: string;
  /** Methods that change the world; the gate numbers them. */
  readonly effects: readonly Method<Port>[];
  readonly gate?: EffectGate | undefined;
}

export function faulty<Port extends object>(
  port: Port,
  options: FaultyOptions<Port>,
): { readonly port: Port; readonly faults: FaultQueue<Port> } {
  const faults = new FaultQueue<Port>();
  const decorated = new Proxy(port, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const isEffect = (options.effects as readonly PropertyKey[]).includes(name);
      return (...all: unknown[]): unknown => {
        const fault = faults.take(name);
        if (fault === undefined && !isEffect) return Reflect.apply(value, target, all);
        const call = async (): Promise<unknown> => {
          await fault?.before?.(all);
          const answer: unknown = await Reflect.apply(value, target, all);
          return fault?.after === undefined ? answer : fault.after(answer);
        };
        return isEffect && options.gate !== undefined
          ? options.gate.pass(`${options.name}.${String(name)}`, call)
          : call();
      };
    },
  });
  return { port: decorated, faults };
}
