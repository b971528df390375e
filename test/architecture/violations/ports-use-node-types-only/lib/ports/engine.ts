// Wrong on purpose: a port that makes a stream instead of naming the type of one.
import { Readable } from 'node:stream';

export const empty = (): Readable => Readable.from([]);
