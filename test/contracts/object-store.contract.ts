// The contract of lib/ports/object-store.ts, for every adapter: written once, published whole, read by version, listed in byte order.

import type { ContractCase, MakeSubject } from './contract.ts';
import { runContract, runMutants } from './contract.ts';
import { deletingCases } from './object-store/deleting-cases.ts';
import { listingCases } from './object-store/listing-cases.ts';
import { readingCases } from './object-store/reading-cases.ts';
import type { ObjectStoreSubject } from './object-store/subject.ts';
import { writingCases } from './object-store/writing-cases.ts';

export const objectStoreCases: readonly ContractCase<ObjectStoreSubject>[] = [
  ...writingCases,
  ...readingCases,
  ...listingCases,
  ...deletingCases,
];

export function objectStoreContract(name: string, make: MakeSubject<ObjectStoreSubject>): void {
  runContract(`object store contract: ${name}`, objectStoreCases, make);
}

export function objectStoreMutants(name: string, make: MakeSubject<ObjectStoreSubject>): void {
  runMutants(`object store contract: ${name}`, objectStoreCases, make);
}
