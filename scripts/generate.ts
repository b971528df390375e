// Writes the generated documents, or with --check says which of them are stale.
import { complaintBelowFloor, readFloors } from './floors.ts';
import { generatedDocuments, staleDocuments, writeDocuments } from './generated-documents.ts';

const documents = await generatedDocuments();
if (process.argv.includes('--check')) {
  const tooFew = complaintBelowFloor('documents', documents.length, readFloors().files['documents']);
  const complaints = [...(await staleDocuments(documents)), ...(tooFew === undefined ? [] : [tooFew])];
  process.stdout.write(complaints.map((line) => `${line}\n`).join(''));
  process.exitCode = complaints.length === 0 ? 0 : 1;
} else {
  await writeDocuments(documents);
  process.stdout.write(`${documents.length} documents generated\n`);
}
