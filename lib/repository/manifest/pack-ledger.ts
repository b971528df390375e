// Keeps account of the packs a new manifest needs: all of its own, and of earlier attempts exactly those its content touches.

import { HoldfastError } from '../../domain/errors.ts';
import type { PackPin } from '../packing/pack-pin.ts';
import { packOfChunk } from '../packing/pack-pin.ts';
import { REPOSITORY_LIMITS } from '../repository-limits.ts';
import type { ContentRun } from './content-run.ts';
import type { AttemptNumbers } from './entry-codec.ts';
import type { NeededAttempt } from './manifest-trailer.ts';

interface KnownAttempt {
  /** Undefined until something of it is needed. */
  number: number | undefined;
  pins: PackPin[];
  readonly needed: Map<number, PackPin>;
}

export class PackLedger implements AttemptNumbers {
  readonly #own: string;
  readonly #known = new Map<string, KnownAttempt>();
  readonly #order: string[];

  constructor(ownAttempt: string) {
    this.#own = ownAttempt;
    this.#order = [ownAttempt];
  }

  /** Tells where an earlier attempt's chunks lie; what two sources say of one pack must agree. @throws IntegrityViolation */
  learn(attempt: string, pins: readonly PackPin[]): void {
    const known = this.#known.get(attempt) ?? { number: undefined, pins: [], needed: new Map<number, PackPin>() };
    this.#known.set(attempt, known);
    const byNumber = new Map(known.pins.map((pin) => [pin.number, pin]));
    for (const pin of pins) {
      const before = byNumber.get(pin.number);
      if (before !== undefined && !isSamePin(before, pin)) {
        throw new HoldfastError(
          'IntegrityViolation',
          `unable to reuse pack ${String(pin.number)} of attempt '${attempt}': two records of it differ`,
          { attempt },
        );
      }
      byNumber.set(pin.number, pin);
    }
    known.pins = [...byNumber.values()].sort((left, right) => left.number - right.number);
  }

  /** Every pack these runs touch becomes a need. @throws IntegrityViolation when a run leads nowhere */
  need(runs: readonly ContentRun[]): void {
    for (const run of runs) {
      if (run.attempt === this.#own) continue;
      const known = this.#known.get(run.attempt);
      let chunk = run.firstChunk;
      while (chunk < run.firstChunk + run.chunks) {
        const pin = known === undefined ? undefined : packOfChunk(known.pins, chunk);
        if (known === undefined || pin === undefined) {
          throw new HoldfastError(
            'IntegrityViolation',
            `unable to reuse content of attempt '${run.attempt}': no pack holds it`,
            { attempt: run.attempt },
          );
        }
        known.needed.set(pin.number, pin);
        chunk = pin.firstChunk + pin.chunks;
      }
    }
  }

  numberOf(attempt: string): number {
    if (attempt === this.#own) return 0;
    const known = this.#known.get(attempt);
    if (known === undefined)
      throw new HoldfastError('Internal', 'invariant broken: content is needed before it is named');
    if (known.number === undefined) {
      known.number = this.#order.push(attempt) - 1;
      if (known.number > REPOSITORY_LIMITS.attemptsMax)
        throw new HoldfastError('Internal', 'unable to name one more attempt in a manifest');
    }
    return known.number;
  }

  /** The own attempt first, then the others in the order of their numbers. */
  needed(ownPins: readonly PackPin[]): NeededAttempt[] {
    return this.#order.map((attempt) => ({
      attempt,
      packs:
        attempt === this.#own
          ? ownPins
          : [...this.#known.get(attempt)!.needed.values()].sort((left, right) => left.number - right.number),
    }));
  }
}

function isSamePin(left: PackPin, right: PackPin): boolean {
  return (
    left.sha256 === right.sha256 &&
    left.sizeBytes === right.sizeBytes &&
    left.firstChunk === right.firstChunk &&
    left.chunks === right.chunks
  );
}
