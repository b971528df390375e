// A secret value that cannot be printed by accident: logs, JSON and string templates show "***" (SPEC H3).

const CUSTOM_INSPECT = Symbol.for('nodejs.util.inspect.custom');

export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The only way to the value; call it where the secret is used, not earlier. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [CUSTOM_INSPECT](): string {
    return '***';
  }
}
