// Reads a repository of format version 1 with nothing but Node: written from docs/repository-format.md alone, to prove that text.
// It shares no line with the product and checks only what it needs; do not use it for anything but this proof.

import { createDecipheriv, createHash, createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

type Objects = Readonly<Record<string, string>>;
interface Pin {
  number: number;
  firstChunk: number;
  chunks: number;
}

const KINDS: Readonly<Record<string, number>> = { pack: 3, manifest: 5, point: 6 };
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export class IndependentReader {
  readonly #objects: Objects;
  readonly #store: string;
  readonly #recovery: Buffer;

  constructor(objects: Objects, store: string, printedRecoveryKey: string) {
    this.#objects = objects;
    this.#store = store;
    const characters = printedRecoveryKey.replaceAll('-', '').slice('HFRK1'.length);
    let bits = 0n;
    for (let i = 0; i < characters.length; i++) bits = bits * 32n + BigInt(CROCKFORD.indexOf(characters.charAt(i)));
    this.#recovery = Buffer.from(bits.toString(16).padStart(80, '0'), 'hex').subarray(0, 32);
  }

  /** Content of every file of the newest recovery point, by path. */
  restore(): Record<string, Buffer> {
    const points = Object.keys(this.#objects).filter((key) => key.startsWith(`${this.#store}/points/`));
    const name = points.at(-1)!.slice(`${this.#store}/points/`.length);
    const trailer = this.#open('point', `points/${name}`, name, 0).trailer;
    const point = JSON.parse(trailer.sized().toString()) as { units: { attempt: string }[] };
    return Object.assign({}, ...point.units.map(({ attempt }) => this.#restoreUnit(attempt))) as Record<string, Buffer>;
  }

  #restoreUnit(attempt: string): Record<string, Buffer> {
    const manifest = this.#open('manifest', `manifests/${attempt}`, attempt, 0);
    const { trailer } = manifest;
    trailer.sized();
    trailer.sized();
    const { repository } = this.#dataKey(attempt);
    const chunkIdKey = hkdf(trailer.bytes(32), repository, 'holdfast/1/chunk-id', 32);
    trailer.varint();
    trailer.varint();
    const attempts = repeat(trailer.varint(), () => ({ name: trailer.sized().toString(), pins: readPins(trailer) }));
    const files: Record<string, Buffer> = {};
    let offset = manifest.bodyOffset;
    for (let position = 0, blocks = trailer.varint(); position < blocks; position++) {
      const [length, rawLength, compression] = [trailer.varint(), trailer.varint(), trailer.bytes(1)[0]!];
      trailer.varint();
      trailer.sized();
      const block = new Cursor(manifest.section(2, position, rawLength, compression, offset, length));
      offset += length;
      let path = Buffer.alloc(0);
      while (!block.isAtEnd) {
        path = Buffer.concat([path.subarray(0, block.varint()), block.sized()]);
        const body = new Cursor(block.sized());
        const content = this.#content(body, attempts, chunkIdKey);
        if (content !== undefined) files[path.toString()] = content;
      }
    }
    return files;
  }

  /** Undefined for what is no file. */
  #content(body: Cursor, attempts: { name: string; pins: Pin[] }[], chunkIdKey: Buffer): Buffer | undefined {
    const kind = body.bytes(1)[0];
    const flags = body.varint();
    for (let i = 0; i < 3; i++) body.varint();
    for (let i = 0; i < ((flags & 1) === 0 ? 2 : 4); i++) body.varint();
    if ((flags & 2) !== 0) repeat(2, () => body.varint());
    if ((flags & 4) !== 0) body.sized();
    if ((flags & 8) !== 0) repeat(body.varint() * 2, () => body.sized());
    if ((flags & 16) !== 0) body.varint();
    const gaps = (flags & 32) === 0 ? undefined : repeat(body.varint(), () => [body.varint(), body.varint()] as const);
    const size = body.varint();
    if (kind !== 1) return undefined;
    const sha256 = body.bytes(32).toString('hex');
    let next = 0;
    const pieces = repeat(body.varint(), () => {
      const { name, pins } = attempts[body.varint()]!;
      const first = next + body.signed();
      const count = body.varint();
      next = first + count;
      return Buffer.concat(Array.from({ length: count }, (_, i) => this.#chunk(name, pins, first + i, chunkIdKey)));
    });
    const data = Buffer.concat(pieces);
    const content = gaps === undefined ? data : Buffer.alloc(size);
    let [from, to] = [0, 0];
    for (const [gap, length] of gaps ?? []) {
      from += data.copy(content, to + gap, from, from + length);
      to += gap + length;
    }
    if (createHash('sha256').update(content).digest('hex') !== sha256) throw new Error('the file differs');
    return content;
  }

  #chunk(attempt: string, pins: Pin[], chunk: number, chunkIdKey: Buffer): Buffer {
    const pin = pins.find(({ firstChunk, chunks }) => chunk >= firstChunk && chunk < firstChunk + chunks)!;
    const pack = this.#open('pack', `packs/${attempt}/${String(pin.number).padStart(5, '0')}`, attempt, pin.number);
    let found: Buffer = Buffer.alloc(0);
    let [offset, ordinal] = [pack.bodyOffset, pin.firstChunk];
    for (let position = 0, segments = pack.trailer.varint(); position < segments; position++) {
      const [length, rawLength, compression] = [
        pack.trailer.varint(),
        pack.trailer.varint(),
        pack.trailer.bytes(1)[0]!,
      ];
      let at = 0;
      for (let count = pack.trailer.varint(); count > 0; count--, ordinal++) {
        const size = pack.trailer.varint();
        if (ordinal === chunk)
          found = pack.section(1, position, rawLength, compression, offset, length).subarray(at, at + size);
        at += size;
      }
      offset += length;
    }
    pack.trailer.bytes((chunk - pin.firstChunk) * 32);
    const digest = createHash('sha256').update(found).digest();
    const id = createHash('sha256').update(chunkIdKey).update(digest).digest();
    if (!id.equals(pack.trailer.bytes(32))) throw new Error('the chunk differs');
    return found;
  }

  #open(kind: string, path: string, attempt: string, number: number) {
    const object = Buffer.from(this.#objects[`${this.#store}/${path}`]!, 'base64');
    if (object.subarray(0, 12).toString('latin1') !== `HOLDFAST\x01${String.fromCharCode(KINDS[kind]!)}\x01\x00`)
      throw new Error('another prefix');
    const { key: dataKey, repository } = this.#dataKey(attempt);
    const numberBytes = Buffer.alloc(4);
    numberBytes.writeUInt32LE(number);
    const info = [text('holdfast/1/object'), Buffer.from([KINDS[kind]!]), numberBytes, text(repository), text(attempt)];
    const derived = hkdf(dataKey, object.subarray(12, 44), Buffer.concat(info), 64);
    if (!derived.subarray(32).equals(object.subarray(44, 76))) throw new Error('another key');
    const bodyOffset = 81 + attempt.length;
    const header = object.subarray(0, bodyOffset);
    const binding = createHash('sha256')
      .update(Buffer.concat([text('holdfast/1/binding'), text(repository), sized(header)]))
      .digest();
    const section = (
      name: number,
      position: number,
      rawLength: number,
      compression: number,
      offset: number,
      length: number,
    ): Buffer => {
      const sealed = object.subarray(offset, offset + length);
      const facts = Buffer.alloc(10);
      facts.writeUInt8(name);
      facts.writeUInt32LE(position, 1);
      facts.writeUInt32LE(rawLength, 5);
      facts.writeUInt8(compression, 9);
      const payload = unseal(
        derived.subarray(0, 32),
        sealed.subarray(0, 12),
        sealed.subarray(12),
        Buffer.concat([binding, facts]),
      );
      return compression === 1 ? zstdDecompressSync(payload) : compression === 2 ? gunzipSync(payload) : payload;
    };
    const footer = object.subarray(object.length - 28);
    const trailerLength = footer.readUInt32LE(0);
    const trailer = new Cursor(
      section(255, 0, footer.readUInt32LE(4), footer[8]!, object.length - 28 - trailerLength, trailerLength),
    );
    trailer.bytes(4);
    return { trailer, section, bodyOffset };
  }

  #dataKey(attempt: string): { key: Buffer; repository: string } {
    const object = Buffer.from(this.#objects[`${this.#store}/keys/${attempt}`]!, 'base64');
    const { repository, recipients } = JSON.parse(object.subarray(12).toString()) as {
      repository: string;
      recipients: { provider: string; wrapped: string }[];
    };
    const wrapped = Buffer.from(recipients.find(({ provider }) => provider === 'recovery')!.wrapped, 'base64');
    const privateKey = createPrivateKey({
      key: Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), this.#recovery]),
      format: 'der',
      type: 'pkcs8',
    });
    const ephemeral = wrapped.subarray(0, 32);
    const own = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
    const publicKey = createPublicKey({
      key: Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), ephemeral]),
      format: 'der',
      type: 'spki',
    });
    const derived = hkdf(
      diffieHellman({ privateKey, publicKey }),
      Buffer.concat([ephemeral, own]),
      'holdfast/1/recovery',
      44,
    );
    const context = JSON.stringify({ attempt, purpose: 'holdfast data key', repository, store: this.#store });
    const key = unseal(derived.subarray(0, 32), derived.subarray(32), wrapped.subarray(32), Buffer.from(context));
    return { key, repository };
  }
}

class Cursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  bytes(length: number): Buffer {
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  varint(): number {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = this.bytes(1)[0]!;
      value += (byte % 128) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  sized(): Buffer {
    return this.bytes(this.varint());
  }
}

function readPins(trailer: Cursor): Pin[] {
  return repeat(trailer.varint(), () => {
    const [number] = [trailer.varint(), trailer.varint()];
    const pin = { number, firstChunk: trailer.varint(), chunks: trailer.varint() };
    trailer.bytes(32);
    return pin;
  });
}

const repeat = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

const hkdf = (input: Buffer, salt: Buffer | string, info: Buffer | string, length: number): Buffer =>
  Buffer.from(hkdfSync('sha256', input, salt, info, length));

const text = (value: string): Buffer => sized(Buffer.from(value));

function sized(value: Buffer): Buffer {
  const length = value.length < 128 ? [value.length] : [(value.length % 128) + 128, value.length >> 7];
  return Buffer.concat([Buffer.from(length), value]);
}

function unseal(key: Buffer, iv: Buffer, sealed: Buffer, associated: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, iv);
  decipher.setAAD(associated);
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}
