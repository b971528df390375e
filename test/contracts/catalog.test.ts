// Runs the catalog contract on every adapter, and its mutants on one.

import { join } from 'node:path';

import { SqliteCatalog } from '../../lib/clouds/local/catalog.ts';
import type { CatalogSubject } from './catalog/subject.ts';
import { catalogContract, catalogMutants } from './catalog.contract.ts';
import type { MakeSubject } from './contract.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const inSqlite: MakeSubject<CatalogSubject> = async () => {
  const directory = await temporaryDirectory();
  const [catalog, other] = [0, 1].map(() => new SqliteCatalog(join(directory.path, 'catalog.sqlite')));
  if (catalog === undefined || other === undefined) throw new Error('no catalog');
  const dispose = async (): Promise<void> => {
    catalog.close();
    other.close();
    await directory.remove();
  };
  return { subject: { catalog, other }, dispose };
};

catalogContract('SQLite', inSqlite);
catalogMutants('SQLite', inSqlite);
