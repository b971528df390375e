// Runs the lease contract on every adapter, and its mutants on one.

import { join } from 'node:path';

import { SqliteCatalog } from '../../lib/clouds/local/catalog.ts';
import { DocumentLeases } from '../../lib/protocols/document-table/lease.ts';
import { fixedClock } from '../fakes/fixed-clock.ts';
import type { MakeSubject } from './contract.ts';
import type { LeaseSubject } from './lease.contract.ts';
import { leaseContract, leaseMutants } from './lease.contract.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const inSqlite: MakeSubject<LeaseSubject> = async () => {
  const directory = await temporaryDirectory();
  const clock = fixedClock();
  const catalog = new SqliteCatalog(join(directory.path, 'catalog.sqlite'));
  const subject = { first: new DocumentLeases(catalog, clock), second: new DocumentLeases(catalog, clock), clock };
  return {
    subject,
    dispose: async () => {
      catalog.close();
      await directory.remove();
    },
  };
};

leaseContract('document table in SQLite', inSqlite);
leaseMutants('document table in SQLite', inSqlite);
