// Base32 after Crockford: no letter that is taken for another, upper or lower case, and the usual slips of the pen forgiven.

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const READ_AS: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1' };
const BITS = 5;

/** Encodes whole groups of five bytes. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let pending = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    bits += 8;
    while (bits >= BITS) {
      bits -= BITS;
      text += ALPHABET.charAt((pending >>> bits) & 31);
    }
    pending &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET.charAt((pending << (BITS - bits)) & 31);
}

/** Undefined when a character is none of the alphabet. */
export function decodeBase32(text: string): Buffer | undefined {
  const bytes: number[] = [];
  let bits = 0;
  let pending = 0;
  for (const character of text.toUpperCase()) {
    const value = ALPHABET.indexOf(READ_AS[character] ?? character);
    if (value < 0) return undefined;
    pending = (pending << BITS) | value;
    bits += BITS;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((pending >>> bits) & 255);
    pending &= (1 << bits) - 1;
  }
  return Buffer.from(bytes);
}
