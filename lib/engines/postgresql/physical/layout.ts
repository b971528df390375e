// Where the parts of a physical backup lie inside its unit.

export const PHYSICAL_UNIT = 'base';

/** Folder of the data directory inside the unit. */
export const DATA_ROOT = 'data';
/** The server's manifest, beside the data directory; a restore puts it into it, where pg_verifybackup looks for it. */
export const MANIFEST_PATH = 'backup_manifest';
export const WAL_FOLDER = 'pg_wal';
/** Without it no server starts: a restore writes it last. */
export const CONTROL_FILE = 'global/pg_control';
export const TABLESPACE_FOLDER = 'pg_tblspc';
/** `pg_tblspc/16410`: a link on the source, a folder in the backup. */
export const TABLESPACE_PATH = /^pg_tblspc\/(\d+)$/;
/** Where a restore puts the content of tablespaces, inside the data directory. */
export const RESTORED_TABLESPACES = 'holdfast_tablespaces';
