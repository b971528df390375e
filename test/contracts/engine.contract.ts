// The contract of lib/ports/engine.ts, for every engine on a real source: complete or an error, restored equal by another's judgement.

import type { ContractCase, MakeSubject } from './contract.ts';
import { runContract, runMutants } from './contract.ts';
import { dumpCases } from './engine/dump-cases.ts';
import type { EngineSubject } from './engine/engine-kit.ts';
import { restoreCases } from './engine/restore-cases.ts';

const engineCases: readonly ContractCase<EngineSubject>[] = [...dumpCases, ...restoreCases];

export function engineContract(name: string, make: MakeSubject<EngineSubject>): void {
  runContract(`engine contract: ${name}`, engineCases, make);
}

export function engineMutants(name: string, make: MakeSubject<EngineSubject>): void {
  runMutants(`engine contract: ${name}`, engineCases, make);
}
