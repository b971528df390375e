// The index of one attempt: which packs it wrote and the ids of their chunks. Read only to deduplicate; a restore never needs it.

import type { ObjectPin } from '../../domain/backup-record.ts';
import { HoldfastError } from '../../domain/errors.ts';
import type { IdSource } from '../../ports/id-source.ts';
import { CHUNK_ID_BYTES } from '../chunking/chunk-id.ts';
import { ByteReader } from '../encoding/byte-reader.ts';
import { ByteWriter } from '../encoding/byte-writer.ts';
import { objectKeys } from '../object-keys.ts';
import type { PackPin } from '../packing/pack-pin.ts';
import { readPackPins, writePackPins } from '../packing/pack-pin.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { REPOSITORY_LIMITS } from '../repository-limits.ts';
import type { DataKey } from '../sealing/data-key.ts';
import type { KeyRing } from '../sealing/key-ring.ts';
import { SECTION_OVERHEAD_BYTES } from '../sealing/object-cipher.ts';
import type { BuiltObject } from '../sealing/sealed-object-builder.ts';
import { SealedObjectBuilder } from '../sealing/sealed-object-builder.ts';
import { openSealedObject, storedSource } from '../sealing/sealed-object.ts';
import { checkPinned } from '../stored-objects.ts';

const IDS_PER_SECTION = REPOSITORY_LIMITS.blockBytesTarget / CHUNK_ID_BYTES;

export interface IndexOptions {
  readonly key: string;
  readonly dataKey: DataKey;
  readonly ids: IdSource;
  readonly pins: readonly PackPin[];
  readonly idsOf: (firstChunk: number, count: number) => Buffer;
}

export function buildIndex({ key, dataKey, ids, pins, idsOf }: IndexOptions): BuiltObject {
  const builder = new SealedObjectBuilder({ kind: 'index', number: 0, key }, dataKey, ids);
  const chunks = pins.reduce((sum, pin) => sum + pin.chunks, 0);
  for (let first = 0, position = 0; first < chunks; first += IDS_PER_SECTION, position++) {
    const payload = idsOf(first, Math.min(IDS_PER_SECTION, chunks - first));
    // Hashes do not compress.
    builder.append({ section: 'identifiers', position, rawLength: payload.length, compression: 'none' }, payload);
  }
  const trailer = new ByteWriter(4096).varint(chunks);
  writePackPins(trailer, pins);
  return builder.finish(trailer.view());
}

export interface AttemptIndex {
  readonly attempt: string;
  readonly pins: readonly PackPin[];
  /** Ids of all chunks by number, section by section; each view is valid until the next. */
  sections(): AsyncGenerator<{ readonly firstChunk: number; readonly ids: Buffer }>;
}

/** @throws CopyMissing, IntegrityViolation, RepositoryFormatUnsupported, KeyUnwrapFailed, KeyUnavailable */
export async function openIndex(
  context: RepositoryContext,
  keys: KeyRing,
  attempt: string,
  pin: ObjectPin,
): Promise<AttemptIndex> {
  const key = objectKeys.index(context.storeName, attempt);
  if (key !== pin.key) {
    throw new HoldfastError(
      'IntegrityViolation',
      `unable to open index '${pin.key}': it is not the one of attempt '${attempt}'`,
      { key },
    );
  }
  await checkPinned(context, pin);
  const object = await openSealedObject(
    await storedSource(context, pin),
    { kind: 'index', number: 0, key },
    await keys.of(attempt),
  );
  const reader = new ByteReader(object.trailer, key);
  const chunks = reader.varint();
  const pins = readPackPins(reader, attempt);
  reader.end();
  const counted = pins.reduce((sum, { chunks: count }) => sum + count, 0);
  const sealedBytes = chunks * CHUNK_ID_BYTES + object.sections * SECTION_OVERHEAD_BYTES;
  if (
    counted !== chunks ||
    object.sections !== Math.ceil(chunks / IDS_PER_SECTION) ||
    sealedBytes !== object.body.end - object.body.offset
  ) {
    throw reader.malformed('its chunks were not counted right');
  }
  return {
    attempt,
    pins,
    sections: async function* () {
      let { offset } = object.body;
      for (let position = 0; position < object.sections; position++) {
        const firstChunk = position * IDS_PER_SECTION;
        const rawLength = Math.min(IDS_PER_SECTION, chunks - firstChunk) * CHUNK_ID_BYTES;
        const length = rawLength + SECTION_OVERHEAD_BYTES;
        yield {
          firstChunk,
          ids: await object.readSection(
            { section: 'identifiers', position, rawLength, compression: 'none' },
            offset,
            length,
          ),
        };
        offset += length;
      }
    },
  };
}
