// State RecordUpload of statemachines/backup.asl.yaml: seal the recovery point that pins every unit, and mark the record as uploaded.

import { stepHandler } from '../../../lib/app/handler.ts';
import { recordUpload, recordUploadInput } from '../../../lib/backup/record-upload.ts';

export const handler = stepHandler(recordUpload, recordUploadInput);
