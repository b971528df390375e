// Numbers every effect on the world, across all ports that share the gate, and lets a test step in before and after each of them.

export type Phase = 'before' | 'after';

/** May throw (the call fails so), or never settle (the process "dies" there). `effect` counts from 1. */
export type OnEffect = (effect: number, phase: Phase, name: string) => void | Promise<void>;

export class EffectGate {
  /** Names in the order in which the effects began. */
  readonly effects: string[] = [];
  readonly #onEffect: OnEffect;

  constructor(onEffect: OnEffect = () => undefined) {
    this.#onEffect = onEffect;
  }

  /** What the hook throws afterwards takes the place of the answer: the effect has happened, its reply is lost. */
  async pass<T>(name: string, effect: () => Promise<T>): Promise<T> {
    const number = this.effects.push(name);
    await this.#onEffect(number, 'before', name);
    try {
      return await effect();
    } finally {
      await this.#onEffect(number, 'after', name);
    }
  }
}
