// The inventory of a copy: every object a recovery point needs, as the location itself reports it. What is missing stops it.

import type { ObjectPin, UnitResult } from '../domain/backup-record.ts';
import { HoldfastError, hasErrorName } from '../domain/errors.ts';
import { encodeDocument } from './encoding/plain-document.ts';
import { openManifest } from './manifest/manifest.ts';
import { nameOfKey, objectKeys } from './object-keys.ts';
import { pointName } from './point.ts';
import type { RepositoryContext } from './repository-context.ts';
import { KeyRing } from './sealing/key-ring.ts';
import { putProven, sha256Of, statPresent } from './stored-objects.ts';

const HASH_CHARACTERS = 16;

export interface InventoryRequest {
  readonly backupId: string;
  readonly epoch: number;
  readonly point: ObjectPin;
  readonly units: readonly UnitResult[];
}

export interface InventoryResult {
  readonly pin: ObjectPin;
  readonly objects: number;
  readonly sizeBytes: number;
}

/**
 * Safe to repeat: an unchanged location gives the same bytes.
 *
 * @throws CopyMissing naming the first object that is missing or has another size or hash than was pinned
 */
export async function takeInventory(context: RepositoryContext, request: InventoryRequest): Promise<InventoryResult> {
  const { storeName } = context;
  const inventory = new Inventory(context);
  await inventory.list(objectKeys.repository(storeName));
  await inventory.list(objectKeys.keys(storeName, nameOfKey(request.point.key)));
  await inventory.listPinned(request.point);
  const keys = new KeyRing(context);
  for (const unit of request.units) {
    await inventory.listPinned(unit.manifest);
    await inventory.listPinned(unit.index);
    const { trailer } = await openManifest(context, keys, unit);
    for (const { attempt, packs } of trailer.attempts) {
      await inventory.list(objectKeys.keys(storeName, attempt));
      for (const { number, sizeBytes, sha256 } of packs)
        await inventory.listPinned({ key: objectKeys.pack(storeName, attempt, number), sizeBytes, sha256 });
    }
  }
  const { backupId, epoch } = request;
  const listed = inventory.listed();
  const document = encodeDocument('inventory', { backupId, epoch, location: context.location.name, objects: listed });
  const pin = await storeInventory(context, objectKeys.inventory(storeName, pointName(request)), document);
  return { pin, objects: listed.length, sizeBytes: listed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}

/** Taken again after a copy was healed, the list differs: it is written beside the first one, under a name made of its hash. */
async function storeInventory(context: RepositoryContext, key: string, document: Buffer): Promise<ObjectPin> {
  try {
    return await putProven(context, key, [document]);
  } catch (error) {
    if (!hasErrorName(error, 'ObjectExists')) throw error;
    return putProven(context, `${key}.${sha256Of(document).slice(0, HASH_CHARACTERS)}`, [document]);
  }
}

interface ListedObject {
  readonly key: string;
  readonly version: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

class Inventory {
  readonly #context: RepositoryContext;
  readonly #objects = new Map<string, ListedObject>();

  constructor(context: RepositoryContext) {
    this.#context = context;
  }

  listed(): readonly ListedObject[] {
    return [...this.#objects.values()].sort((left, right) => (left.key < right.key ? -1 : 1));
  }

  /** An object that is known by its place only: wrapped keys differ from location to location. */
  async list(key: string): Promise<ListedObject> {
    const known = this.#objects.get(key);
    if (known !== undefined) return known;
    const { version, sizeBytes, sha256 } = await statPresent(this.#context, key);
    const listed = { key, version, sizeBytes, sha256 };
    this.#objects.set(key, listed);
    return listed;
  }

  async listPinned(pin: ObjectPin): Promise<void> {
    const { sizeBytes, sha256 } = await this.list(pin.key);
    if (sizeBytes !== pin.sizeBytes || sha256 !== pin.sha256) {
      throw new HoldfastError(
        'CopyMissing',
        `unable to find the written object '${pin.key}' at location '${this.#context.location.name}': another lies there`,
        {
          location: this.#context.location.name,
          key: pin.key,
        },
      );
    }
  }
}
