// Reads SQLite's own result codes out of what node:sqlite throws.

const PRIMARY_CODE = 0xff;
const SQLITE_BUSY = 5;

/** The extended result code, or undefined for errors of another kind. */
export function sqliteCodeOf(error: unknown): number | undefined {
  const { errcode } = (error ?? {}) as { readonly errcode?: unknown };
  return typeof errcode === 'number' ? errcode : undefined;
}

/** Another connection holds the lock that was asked for. */
export const isBusy = (error: unknown): boolean => ((sqliteCodeOf(error) ?? 0) & PRIMARY_CODE) === SQLITE_BUSY;
