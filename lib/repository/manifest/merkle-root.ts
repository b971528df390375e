// The Merkle root over the stored blocks of a manifest, as RFC 6962 hashes trees: one value that stands for every block and its place.

import { hash } from 'node:crypto';

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

export const leafHash = (parts: readonly Uint8Array[]): Buffer =>
  hash('sha256', Buffer.concat([LEAF, ...parts]), 'buffer');

export function merkleRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return hash('sha256', Buffer.alloc(0), 'buffer');
  let level = leaves;
  // Pairing from the left and carrying an odd last node up unchanged gives the trees of RFC 6962.
  while (level.length > 1) {
    const above: Buffer[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i]!;
      const right = level[i + 1];
      above.push(right === undefined ? left : hash('sha256', Buffer.concat([NODE, left, right]), 'buffer'));
    }
    level = above;
  }
  return level[0]!;
}
