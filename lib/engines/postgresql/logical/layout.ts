// Names of the units of a logical backup and of the files inside them. A database may be called anything; a unit may not.

export const GLOBALS_UNIT = 'globals';
export const GLOBALS_FILE = 'globals.sql';
/** The last line of what pg_dumpall writes. */
export const GLOBALS_END_MARK = '-- PostgreSQL database cluster dump complete';
const DATABASE_PREFIX = 'database/';

/** Percent-encoded, so that no name can climb out of anything or look like another one. */
export const databaseUnit = (database: string): string => `${DATABASE_PREFIX}${encodeName(database)}`;

export const isDatabaseUnit = (unit: string): boolean => unit.startsWith(DATABASE_PREFIX);

export const dumpFile = (database: string): string => `${encodeName(database)}.dump`;

/** A leading dot is the one thing that percent-encoding leaves and a path gives a meaning to. */
const encodeName = (name: string): string => encodeURIComponent(name).replace(/^\./, '%2E');
