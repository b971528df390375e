// Bounds of the repository format: what a reader accepts from a foreign object before it trusts a single byte of it.

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;

export const REPOSITORY_LIMITS = {
  /** Plain documents (repository, keys): a few recipients each; an inventory lists every pack and is bounded by objects. */
  documentBytesMax: MEBIBYTE,
  /** A segment holds what was filled up to its target plus one chunk; more is refused before memory is taken for it. */
  segmentBytesMax: 32 * MEBIBYTE,
  /** Chunks of one segment: tiny files must not make trailers that outweigh their data. */
  segmentChunksMax: 16 * KIBIBYTE,
  /** A pack is written whole from memory; the reader's window for one. */
  packBytesMax: 128 * MEBIBYTE,
  /** Indexes and manifests are built and sent whole. */
  objectBytesMax: 512 * MEBIBYTE,
  /** Segment table and chunk ids of one pack, or the block and pack tables of one manifest. */
  trailerBytesMax: 64 * MEBIBYTE,
  /** One manifest block; normally about 1 MiB, more when a single entry is larger than that. */
  blockBytesMax: 64 * MEBIBYTE,
  /** Raw size at which a manifest block or an index section is closed. */
  blockBytesTarget: MEBIBYTE,
  /** Attempts whose packs one manifest may need: years of daily backups with a wide margin. */
  attemptsMax: 65_535,
  /** Names of units and attempts. */
  nameBytesMax: 1024,
  /** Extended attributes of one entry; Linux allows 64 KiB of names and 64 KiB per value, other systems more. */
  xattrsMax: 65_536,
  xattrBytesMax: 16 * MEBIBYTE,
  /** Bytes read at the end of an object in the hope that its whole trailer is among them: one request instead of two. */
  tailBytes: 64 * KIBIBYTE,
  /** Bytes read at once while an object is only hashed. */
  hashWindowBytes: 8 * MEBIBYTE,
  /** Decoded segments a reader keeps: neighbours in a manifest are mostly neighbours in a segment. */
  segmentsCached: 6,
  /** Pack tables a reader keeps; one is a few kilobytes, several megabytes when a pack holds tiny files only. */
  packTablesCached: 24,
  /** Decoded manifest blocks a cursor keeps, for callers that ask out of order. */
  blocksCached: 4,
  /** A put whose answer is "unavailable" is repeated with the same bytes this often. */
  putAttemptsMax: 4,
  putBackoffMilliseconds: 500,
  /** Manifest entries after which the writer gives the event loop a turn: heartbeats must not starve on a tree of small files. */
  entriesPerTurn: 512,
} as const;
