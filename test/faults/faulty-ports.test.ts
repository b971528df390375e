// The faults themselves: each one does what it says, once, and the decorated port is otherwise the port.

import { createHash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { HoldfastError } from '../../lib/domain/errors.ts';
import type { Catalog } from '../../lib/ports/catalog.ts';
import type { FlowRunner } from '../../lib/ports/flow-runner.ts';
import type { KeyProvider } from '../../lib/ports/key-provider.ts';
import type { Notifier } from '../../lib/ports/notifier.ts';
import type { ObjectStore, StoredObject } from '../../lib/ports/object-store.ts';
import type { WorkerHost } from '../../lib/ports/worker-host.ts';
import { objectStoreContract } from '../contracts/object-store.contract.ts';
import { fixedClock } from '../fakes/fixed-clock.ts';
import { memoryKeyProvider } from '../fakes/memory-key-provider.ts';
import { memoryObjectStore } from '../fakes/memory-object-store.ts';
import { EffectGate } from './effect-gate.ts';
import {
  corruptGet,
  cutGet,
  faultyCatalog,
  faultyFlows,
  faultyKeys,
  faultyNotifier,
  faultyObjectStore,
  faultyWorkers,
} from './faulty-ports.ts';

const put = (store: ObjectStore, key: string): Promise<StoredObject> =>
  store.put(key, [Buffer.from(key)], { sha256: createHash('sha256').update(key).digest('hex') });

const unavailable = new HoldfastError('StorageUnavailable', 'as the test wants it');

describe('queued faults', () => {
  it('failBefore - nothing has happened, and the next call works', async () => {
    const { port, faults } = faultyObjectStore(memoryObjectStore());
    faults.failBefore('put', unavailable);

    await expect(put(port, 'a')).rejects.toBe(unavailable);
    expect(await port.stat('a')).toBeUndefined();
    expect(await put(port, 'a')).toMatchObject({ key: 'a' });
    expect(faults.left).toBe(0);
  });

  it('failBefore for one key - other keys pass, the fault waits', async () => {
    const { port, faults } = faultyObjectStore(memoryObjectStore());
    faults.failBefore('put', unavailable, (key) => key === 'b');

    await put(port, 'a');

    expect(faults.left).toBe(1);
    await expect(put(port, 'b')).rejects.toBe(unavailable);
    expect(faults.left).toBe(0);
  });

  it('failAfter - the call took effect, its reply is lost', async () => {
    const { port, faults } = faultyObjectStore(memoryObjectStore());
    faults.failAfter('put', unavailable);

    await expect(put(port, 'a')).rejects.toBe(unavailable);
    expect(await port.stat('a')).toMatchObject({ key: 'a' });
  });

  it('holdBefore - the call waits until it is let go', async () => {
    const { port, faults } = faultyObjectStore(memoryObjectStore());
    let letGo: () => void = () => undefined;
    faults.holdBefore('put', new Promise((resolve) => (letGo = resolve)));
    const waiting = put(port, 'a');
    const before = await port.stat('a');
    letGo();
    await waiting;

    expect(before).toBeUndefined();
    expect(await port.stat('a')).toBeDefined();
  });

  it('several faults of one method - used one after the other', async () => {
    const { port, faults } = faultyKeys(memoryKeyProvider());
    faults.failBefore('wrap', unavailable);
    faults.failBefore('wrap', new HoldfastError('KeyUnavailable', 'the second one'));

    await expect(port.wrap(Buffer.alloc(32), {})).rejects.toMatchObject({ name: 'StorageUnavailable' });
    await expect(port.wrap(Buffer.alloc(32), {})).rejects.toMatchObject({ name: 'KeyUnavailable' });
    expect(await port.wrap(Buffer.alloc(32), {})).toMatchObject({ keyVersion: 1 });
  });

  it('corruptGet and cutGet - one read is wrong, what is stored stays right', async () => {
    const { port, faults } = faultyObjectStore(memoryObjectStore());
    await put(port, 'abcdef');
    corruptGet(faults, -1);
    cutGet(faults, 2);

    expect((await port.get('abcdef')).toString()).toBe('abcdeg');
    expect((await port.get('abcdef')).toString()).toBe('ab');
    expect((await port.get('abcdef')).toString()).toBe('abcdef');
  });
});

describe('effect gate', () => {
  it('several ports - effects are numbered across all of them, reads are none', async () => {
    const seen: string[] = [];
    const gate = new EffectGate((effect, phase, name) => void seen.push(`${effect} ${phase} ${name}`));
    const first = faultyObjectStore(memoryObjectStore('first'), gate).port;
    const second = faultyObjectStore(memoryObjectStore('second'), gate).port;

    await put(first, 'a');
    await first.stat('a');
    await put(second, 'a');

    expect(gate.effects).toEqual(['first.put', 'second.put']);
    expect(seen).toEqual(['1 before first.put', '1 after first.put', '2 before second.put', '2 after second.put']);
  });

  it('hook that throws before - no effect; that throws after - effect without a reply', async () => {
    const memory = memoryObjectStore();
    const failing = (at: 'before' | 'after'): ObjectStore => {
      const gate = new EffectGate((_effect, phase) => {
        if (phase === at) throw unavailable;
      });
      return faultyObjectStore(memory, gate).port;
    };

    await expect(put(failing('before'), 'a')).rejects.toBe(unavailable);
    expect(memory.keys()).toEqual([]);
    await expect(put(failing('after'), 'a')).rejects.toBe(unavailable);
    expect(memory.keys()).toEqual(['a']);
  });

  it('hook that never settles - the caller never hears again', async () => {
    const gate = new EffectGate((_effect, phase) => (phase === 'after' ? new Promise(() => undefined) : undefined));
    const memory = memoryObjectStore();
    const outcome = put(faultyObjectStore(memory, gate).port, 'a').then(() => 'answered');

    expect(await Promise.race([outcome, new Promise((resolve) => setTimeout(resolve, 20, 'silence'))])).toBe('silence');
    expect(memory.keys()).toEqual(['a']);
  });
});

describe('every port', () => {
  /** A port whose methods all succeed and do nothing. */
  const anyPort = <Port extends object>(fields: Partial<Port>): Port =>
    new Proxy(fields as Port, { get: (target, name) => Reflect.get(target, name, target) ?? (async () => undefined) });

  it('calls that change the world pass the gate, all others do not', async () => {
    const gate = new EffectGate();
    const catalog = faultyCatalog(anyPort<Catalog>({}), gate).port;
    const keys = faultyKeys(anyPort<KeyProvider>({ provider: 'key-file' }), gate).port;
    const workers = faultyWorkers(anyPort<WorkerHost>({}), gate).port;
    const flows = faultyFlows(anyPort<FlowRunner>({}), gate).port;
    const notifier = faultyNotifier(anyPort<Notifier>({ channel: 'webhook' }), gate).port;

    await catalog.get({ partition: 'p', sort: 's' });
    await catalog.transact([]);
    await keys.describe();
    await keys.rotate();
    await workers.probe('job', 1);
    await workers.start({ jobId: 'job', attempt: 1, limits: { memoryBytesMax: 1, secondsMax: 1 } });
    await workers.stop('job', 1);
    await flows.describe('id');
    await flows.start({ machine: 'backup', name: 'one', input: {} });
    await flows.stop('id', 'reason');
    await notifier.send({ key: 'k', severity: 'info', isResolved: false, subject: 's', lines: [], at: '' });

    expect(gate.effects).toEqual([
      'catalog.transact',
      'key-file.rotate',
      'workers.start',
      'workers.stop',
      'flows.start',
      'flows.stop',
      'webhook.send',
    ]);
  });
});

// Without faults a decorated port is the port.
objectStoreContract('memory behind faults', async () => {
  const clock = fixedClock();
  const { port } = faultyObjectStore(memoryObjectStore('memory', { clock }), new EffectGate());
  return { subject: { store: port, other: port, now: clock.now } };
});
