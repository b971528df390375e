// An id source whose ids and random bytes follow from a seed, so that a test that fails can be run again as it was.

import { createHash } from 'node:crypto';

import type { IdSource } from '../../lib/ports/id-source.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const ID_CHARACTERS = 26;

/** Two sources with one seed give the same sequence; give every process or store of a test its own seed. */
export function seededIds(seed = 'seed'): IdSource {
  let made = 0;
  let drawn = 0;
  return {
    next: (prefix) => {
      made += 1;
      return `${prefix}_${base32Counter(made, 10)}${suffixOf(`${seed}/id/${String(made)}`)}`;
    },
    randomBytes: (length) => {
      const blocks: Buffer[] = [];
      for (let bytes = 0; bytes < length; bytes += 32) {
        drawn += 1;
        blocks.push(
          createHash('sha256')
            .update(`${seed}/random/${String(drawn)}`)
            .digest(),
        );
      }
      // Copied out of the pool, because callers overwrite secrets after use.
      return Buffer.from(Buffer.concat(blocks).subarray(0, length));
    },
  };
}

/** First in an id, so that ids sort by the order in which they were made. */
function base32Counter(value: number, characters: number): string {
  let text = '';
  let rest = value;
  for (let i = 0; i < characters; i++) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

function suffixOf(text: string): string {
  const digest = createHash('sha256').update(text).digest();
  return Array.from(digest.subarray(0, ID_CHARACTERS - 10), (byte) => ALPHABET.charAt(byte % 32)).join('');
}
