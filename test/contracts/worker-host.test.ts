// Runs the worker host contract on every adapter, and its mutants on one.

import type { MakeSubject } from './contract.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import type { WorkerHostSubject } from './worker-host.contract.ts';
import { workerHostContract, workerHostMutants } from './worker-host.contract.ts';
import { childWorkers } from './worker-subject.ts';

const asChildren =
  (patienceMilliseconds: number): MakeSubject<WorkerHostSubject> =>
  async () => {
    const directory = await temporaryDirectory();
    const subject = await childWorkers(directory.path, { patienceMilliseconds });
    return {
      subject,
      dispose: async () => {
        await subject.host.close();
        await directory.remove();
      },
    };
  };

workerHostContract('child processes', asChildren(20_000));
// Most mutants are found out by waiting in vain.
workerHostMutants('child processes', asChildren(2_500));
