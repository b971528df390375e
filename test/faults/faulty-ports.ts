// The ports of the platform with faults on demand: which of their calls change the world, and what a bad disk or network does to them.

import type { Catalog } from '../../lib/ports/catalog.ts';
import type { FlowRunner } from '../../lib/ports/flow-runner.ts';
import type { KeyProvider } from '../../lib/ports/key-provider.ts';
import type { Notifier } from '../../lib/ports/notifier.ts';
import type { ObjectStore } from '../../lib/ports/object-store.ts';
import type { WorkerHost } from '../../lib/ports/worker-host.ts';
import type { EffectGate } from './effect-gate.ts';
import type { FaultQueue } from './faulty-port.ts';
import { faulty } from './faulty-port.ts';

export interface Faulty<Port> {
  readonly port: Port;
  readonly faults: FaultQueue<Port>;
}

export const faultyObjectStore = (store: ObjectStore, gate?: EffectGate): Faulty<ObjectStore> =>
  faulty(store, { name: store.name, effects: ['put', 'extendLock', 'deleteVersion'], gate });

export const faultyCatalog = (catalog: Catalog, gate?: EffectGate): Faulty<Catalog> =>
  faulty(catalog, { name: 'catalog', effects: ['transact'], gate });

export const faultyKeys = (keys: KeyProvider, gate?: EffectGate): Faulty<KeyProvider> =>
  faulty(keys, { name: keys.provider, effects: ['rotate'], gate });

export const faultyWorkers = (workers: WorkerHost, gate?: EffectGate): Faulty<WorkerHost> =>
  faulty(workers, { name: 'workers', effects: ['start', 'stop'], gate });

export const faultyFlows = (flows: FlowRunner, gate?: EffectGate): Faulty<FlowRunner> =>
  faulty(flows, { name: 'flows', effects: ['start', 'stop'], gate });

export const faultyNotifier = (notifier: Notifier, gate?: EffectGate): Faulty<Notifier> =>
  faulty(notifier, { name: notifier.channel, effects: ['send'], gate });

/** The next read has one bit wrong in the byte at this place (from the end when negative). */
export function corruptGet(faults: FaultQueue<ObjectStore>, at: number): void {
  faults.change('get', (bytes) => {
    const changed = Buffer.from(bytes);
    const index = at < 0 ? changed.length + at : at;
    changed[index] = (changed[index] ?? 0) ^ 1;
    return changed;
  });
}

/** The next read ends after so many bytes, without an error. */
export function cutGet(faults: FaultQueue<ObjectStore>, length: number): void {
  faults.change('get', (bytes) => bytes.subarray(0, length));
}
