// Ids that sort by the time they were made: 48 bits of time and 80 random bits, always growing within one process.

import { randomBytes } from 'node:crypto';

import { invariant } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { IdSource } from '../../ports/id-source.ts';

/** Crockford's alphabet in lower case: no i, l, o, u, so an id survives being read aloud, and its byte order is its value's order. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_BITS = 48n;
const RANDOM_BITS = 80n;
const LENGTH = 26;

export function createIdSource(clock: Pick<Clock, 'now'>): IdSource {
  let last = 0n;
  return {
    next: (prefix) => {
      invariant(/^[a-z][a-z0-9]*$/.test(prefix), `'${prefix}' is not an id prefix`);
      const time = BigInt.asUintN(Number(TIME_BITS), BigInt(Math.trunc(clock.now())));
      const fresh = (time << RANDOM_BITS) | BigInt(`0x${randomBytes(Number(RANDOM_BITS) / 8).toString('hex')}`);
      // Within one millisecond, or when the clock was set back, the last id is counted on: order never breaks.
      last = fresh >> RANDOM_BITS > last >> RANDOM_BITS ? fresh : last + 1n;
      return `${prefix}_${base32(last)}`;
    },
    randomBytes: (length) => randomBytes(length),
  };
}

function base32(value: bigint): string {
  let text = '';
  for (let rest = value; text.length < LENGTH; rest >>= 5n) text = (ALPHABET[Number(rest & 31n)] ?? '') + text;
  return text;
}
