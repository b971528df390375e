// The contract of lib/ports/catalog.ts, for every adapter: conditional writes, all or none, strong reads, pages in byte order.

import { queryCases } from './catalog/query-cases.ts';
import type { CatalogSubject } from './catalog/subject.ts';
import { writingCases } from './catalog/writing-cases.ts';
import type { ContractCase, MakeSubject } from './contract.ts';
import { runContract, runMutants } from './contract.ts';

export const catalogCases: readonly ContractCase<CatalogSubject>[] = [...writingCases, ...queryCases];

export function catalogContract(name: string, make: MakeSubject<CatalogSubject>): void {
  runContract(`catalog contract: ${name}`, catalogCases, make);
}

export function catalogMutants(name: string, make: MakeSubject<CatalogSubject>): void {
  runMutants(`catalog contract: ${name}`, catalogCases, make);
}
