// Where a store and its lines stand in the file.

import type { ConfiguredStore } from './configuration.ts';
import type { Path, Position, SourceText } from './source-text.ts';

export const storePath = (store: Pick<ConfiguredStore, 'service' | 'store'>): Path => [
  'services',
  store.service,
  'stores',
  store.store,
];

/** Where a line of the store was defined, at whatever level; the store itself when it is a built-in default. */
export function placeOf(store: ConfiguredStore, key: string, { source }: { readonly source: SourceText }): Position {
  const origin = store.origins.find((candidate) => candidate.key === key);
  if (origin?.line === undefined || origin.column === undefined) return source.positionOfKey(storePath(store));
  return { line: origin.line, column: origin.column, length: key.split('.').at(-1)!.length };
}
