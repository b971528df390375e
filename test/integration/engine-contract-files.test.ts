// Runs the engine contract on the files engine with a real tree, and the contract's mutants.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { files } from '../../lib/engines/files/engine.ts';
import type { MakeSubject } from '../contracts/contract.ts';
import { engineContract, engineMutants } from '../contracts/engine.contract.ts';
import type { EngineSubject } from '../contracts/engine/engine-kit.ts';
import { makeTree, treeDifference } from './files-fixture.ts';

const CANARY = 'canary-6f1c2a';

const onTree: MakeSubject<EngineSubject> = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-contract-'));
  const source = join(folder, 'source');
  makeTree(source);
  writeFileSync(join(source, 'secret.txt'), CANARY);
  let made = 0;
  const pathOf = (target: Parameters<EngineSubject['differenceOf']>[0]): string =>
    target.kind === 'directory' ? target.path : source;
  const subject: EngineSubject = {
    engine: files,
    method: 'tree',
    settings: { paths: [source], exclude: ['*.tmp'] },
    unreachable: { paths: [join(folder, 'missing')] },
    secrets: {},
    canary: CANARY,
    folder,
    logged: [],
    changeSource: async () => {
      writeFileSync(join(source, 'plain.txt'), 'changed');
      writeFileSync(join(source, 'deep/added'), 'added');
      rmSync(join(source, 'nothing'));
    },
    targets: {
      directory: async () => ({ kind: 'directory', path: join(folder, `target-${(made += 1)}`) }),
      'in-place': async () => ({ kind: 'in-place', settings: {} }),
    },
    occupy: async (target) => {
      const path = join(pathOf(target), 'mine');
      mkdirSync(pathOf(target), { recursive: true });
      writeFileSync(path, 'mine');
      return { isUntouched: async () => existsSync(path) && readFileSync(path, 'utf8') === 'mine' };
    },
    differenceOf: async (target) => treeDifference(source, pathOf(target)),
    partial: {
      request: { selectedPaths: ['deep/er', 'plain.txt'], selectedTables: [] },
      unknown: { selectedPaths: ['no/such/file'], selectedTables: [] },
      differenceOf: async (target) => {
        const isAlone =
          !existsSync(join(pathOf(target), 'sparse.img')) && !existsSync(join(pathOf(target), 'deep/large.bin'));
        if (!isAlone) return 'more was restored than was selected';
        const plain = readFileSync(join(pathOf(target), 'plain.txt'), 'utf8');
        if (plain !== readFileSync(join(source, 'plain.txt'), 'utf8')) return 'plain.txt differs';
        return (
          treeDifference(join(source, 'deep/er'), join(pathOf(target), 'deep/er'))
            ?.replace(/^.*same\.bin\|.*$/gm, '')
            .trim() || undefined
        );
      },
    },
  };
  return { subject, dispose: async () => rmSync(folder, { recursive: true, force: true }) };
};

engineContract('files', onTree);
engineMutants('files', onTree);
