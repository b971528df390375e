// The fields that requests share, each with its bound: no text of a request is longer than it has to be.

import { z } from 'zod';
import { BACKUP_TYPES } from '../../domain/backup-record.ts';
import { LIMITS } from '../../domain/limits.ts';

export const storeName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, { error: 'expected the name of a store' })
  .meta({ description: 'Name of a data store', examples: ['payment-db'] });
/** Ids are ours: anything else cannot exist, and must not reach a key of the catalog. */
export const recordId = z
  .string()
  .regex(/^[a-z]{2,12}_[a-z0-9]{10,40}$/, { error: 'expected an id such as bkp_01j…' })
  .meta({ description: 'Id of a record', examples: ['bkp_01jd8k4qz0000000000000000a'] });
export const scheduleId = z.string().regex(/^[\w.:/@-]{1,200}$/, { error: 'expected the id of a schedule' });
export const backupType = z.enum(BACKUP_TYPES);
export const cron = z
  .string()
  .min(1)
  .max(200)
  .meta({ description: 'Five fields: minute, hour, day of month, month, weekday', examples: ['0 2 * * *'] });
export const timeZone = z
  .string()
  .min(1)
  .max(64)
  .meta({ description: 'IANA time zone', examples: ['Europe/Moscow'] });

const STORES_MAX = 200;
export const storeNames = z.array(storeName).min(1).max(STORES_MAX);

const NAME_LENGTH_MAX = 512;
const SELECTED_MAX = 1000;
export const selectedTables = z.array(z.string().min(1).max(NAME_LENGTH_MAX)).max(SELECTED_MAX);
export const selectedPaths = z.array(z.string().min(1).max(LIMITS.pathBytesMax)).max(SELECTED_MAX);

const PAGE_DEFAULT = 50;
const PAGE_MAX = 500;
const CURSOR_LENGTH_MAX = 300;

/** Query fields of every list. */
export const pageFields = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(PAGE_MAX)
    .default(PAGE_DEFAULT)
    .meta({ description: `1 to ${PAGE_MAX}` }),
  after: z
    .string()
    .max(CURSOR_LENGTH_MAX)
    .transform((text, context) => {
      const cursor = cursorOf(text);
      if (cursor !== undefined) return cursor;
      context.addIssue({ code: 'custom', message: 'expected the value of "next" of the page before' });
      return z.NEVER;
    })
    .optional()
    .meta({ description: 'The `next` of the page before', override: { type: 'string' } }),
} as const;

export const pageOf = (item: z.ZodType, id: string) =>
  z
    .object({
      items: z.array(item),
      next: z.string().optional().meta({ description: 'Present when there is more: pass it as `after`' }),
    })
    .meta({ id });

/** Cursors are opaque, so that their inside can change. */
export const cursorText = (after: string): string => Buffer.from(after, 'utf8').toString('base64url');

function cursorOf(text: string): string | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  const after = Buffer.from(text, 'base64url').toString('utf8');
  return /^[\w#.:/-]+$/.test(after) ? after : undefined;
}

export const pageAnswer = <T>(items: readonly T[], next: string | undefined) => ({
  items,
  ...(next !== undefined && { next: cursorText(next) }),
});
