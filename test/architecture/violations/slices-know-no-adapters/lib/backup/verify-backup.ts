// Wrong on purpose: a step speaks S3 by itself.
import { put } from '../protocols/s3/client.ts';

export const verb = put;
