// Wrong on purpose: the router starts a step past the application.
import { dump } from '../../lib/backup/dump-source.ts';

export const handler = dump;
