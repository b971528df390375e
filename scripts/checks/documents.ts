// The document check: generated documents in the repository are what their generators write today.
import { generatedDocuments, staleDocuments } from '../generated-documents.ts';
import type { StaticCheck } from './static-check.ts';

export const documents: StaticCheck = {
  name: 'documents',
  async run() {
    const all = await generatedDocuments();
    return { filesSeen: all.length, problems: await staleDocuments(all) };
  },
};
