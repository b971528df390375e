// The one secret of a repository, and what follows from it: the key of the chunk ids and the table that decides where content is cut.

import { hkdfSync } from 'node:crypto';

import { GEAR_ENTRIES } from './chunking/gear-chunker.ts';

export const REPOSITORY_SECRET_BYTES = 32;
const CHUNK_ID_KEY_BYTES = 32;

export interface RepositorySecret {
  /** Id of the repository; every object's seal is bound to it. */
  readonly id: string;
  readonly bytes: Buffer;
}

export const chunkIdKeyOf = (secret: RepositorySecret): Buffer => derive(secret, 'chunk-id', CHUNK_ID_KEY_BYTES);

/** Secret, because cut points tell something about content. */
export function gearTableOf(secret: RepositorySecret): Uint32Array {
  const bytes = derive(secret, 'gear', GEAR_ENTRIES * 4);
  return Uint32Array.from({ length: GEAR_ENTRIES }, (_, entry) => bytes.readUInt32LE(entry * 4));
}

function derive({ id, bytes }: RepositorySecret, purpose: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', bytes, id, `holdfast/1/${purpose}`, length));
}
