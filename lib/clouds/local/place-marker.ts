// The marker file at the top of a directory location: it says where the directory really is, and that it is there at all.
// An unmounted disk leaves an empty directory behind; without the marker, backups would quietly fill the disk below it.

import { join } from 'node:path';

import { HoldfastError } from '../../domain/errors.ts';
import { canonicalJson } from '../../domain/json.ts';
import type { PlaceOfStore } from '../../ports/object-store.ts';
import type { DurableFiles } from './durable-files.ts';
import { makeDirectoryPath, nodeFiles, publishFile } from './durable-files.ts';

export const MARKER_NAME = 'location.json';
const FORMAT = 'holdfast-location-1';
const MARKER_BYTES_MAX = 16_384;

/** What is known of a directory without a marker. Two unknown failure domains are equal, so they never count as two copies. */
export const UNKNOWN_PLACE: PlaceOfStore = {
  country: undefined,
  region: 'unknown',
  dataCenter: 'unknown',
  failureDomain: 'unknown',
};

/**
 * Makes the directory and marks it. Idempotent; safe to be killed and run again.
 * @throws InvalidConfiguration when it is marked with another place: a marker tells the truth until a person removes it
 */
export async function writePlaceMarker(
  path: string,
  place: PlaceOfStore,
  files: DurableFiles = nodeFiles,
): Promise<void> {
  await makeDirectoryPath(files, path);
  const text = canonicalJson({ format: FORMAT, ...place });
  if (await publishFile(files, join(path, MARKER_NAME), Buffer.from(`${text}\n`), `${MARKER_NAME}.next`)) return;
  const found = await readPlaceMarker(path, files);
  if (found === undefined || canonicalJson({ format: FORMAT, ...found }) === text) return;
  throw new HoldfastError(
    'InvalidConfiguration',
    `unable to mark '${path}' as a location: its ${MARKER_NAME} says something else; correct the configuration, or remove that file if the disk was moved`,
    { path, markedCountry: found.country, country: place.country },
  );
}

/** Undefined when there is no marker. @throws InvalidConfiguration when it cannot be understood */
export async function readPlaceMarker(path: string, files: DurableFiles): Promise<PlaceOfStore | undefined> {
  const marker = join(path, MARKER_NAME);
  if ((await files.stat(marker)) === undefined) return undefined;
  const bytes = await files.read(marker, { offset: 0, length: MARKER_BYTES_MAX });
  const place = parse(bytes.toString('utf8'));
  if (place === undefined) {
    throw new HoldfastError(
      'InvalidConfiguration',
      `unable to read location marker '${marker}': it was damaged or written by another program`,
      { path },
    );
  }
  return place;
}

function parse(text: string): PlaceOfStore | undefined {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { format, country, region, dataCenter, failureDomain } = fields;
  if (format !== FORMAT || (country !== undefined && typeof country !== 'string')) return undefined;
  if (typeof region !== 'string' || typeof dataCenter !== 'string' || typeof failureDomain !== 'string')
    return undefined;
  return { country, region, dataCenter, failureDomain };
}
