// Entries that came after a later path: kept compactly and sorted when the dump is over. A tar of PostgreSQL comes in any order.

import { comparePaths } from '../../domain/entry.ts';
import { ByteReader } from '../encoding/byte-reader.ts';
import { ByteWriter } from '../encoding/byte-writer.ts';

export class LateEntries {
  readonly #writer = new ByteWriter(4096);
  readonly #offsets: number[] = [];

  get isEmpty(): boolean {
    return this.#offsets.length === 0;
  }

  add(path: Buffer, body: Buffer): void {
    this.#offsets.push(this.#writer.length);
    this.#writer.sized(path).sized(body);
  }

  /** In path order. Views are valid until the next `add`. */
  *sorted(): Generator<{ readonly path: Buffer; readonly body: Buffer }> {
    const bytes = this.#writer.view();
    const entryAt = (offset: number): { path: Buffer; body: Buffer } => {
      const reader = new ByteReader(bytes, 'new manifest', offset);
      return { path: reader.sized(bytes.length), body: reader.sized(bytes.length) };
    };
    const pathAt = (offset: number): Buffer => new ByteReader(bytes, 'new manifest', offset).sized(bytes.length);
    for (const offset of this.#offsets.sort((left, right) => comparePaths(pathAt(left), pathAt(right))))
      yield entryAt(offset);
  }
}
