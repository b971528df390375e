// Names that a restore uses for itself inside its target: the mark of an unfinished restore, and temporary names.

const PREFIX = Buffer.from('.holdfast-restore-');

/** Stands in the root from the first to the last moment of a restore: a tree that has it is not whole. */
export const MARKER_NAME = Buffer.concat([PREFIX, Buffer.from('incomplete')]);

/** The mark while it is written; a kill may leave it behind. */
export const MARKER_DRAFT_NAME = Buffer.concat([MARKER_NAME, Buffer.from('.next')]);

/** Restores that replace write beside the file that they replace, and rename. */
export function temporaryNames(): () => Buffer {
  let count = 0;
  return () => Buffer.concat([PREFIX, Buffer.from(`new-${count++}`)]);
}

export const isReservedName = (name: Buffer): boolean => name.subarray(0, PREFIX.length).equals(PREFIX);
