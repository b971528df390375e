// The WAL receiver on a scripted server: gaps, early ends, borders of segments, and a driver that reuses its buffer.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from '@jest/globals';

import { HoldfastError } from '../../domain/errors.ts';
import type { CopyHandlers, WireConnection } from './copy-command.ts';
import { WalReceiver, type WalConnection } from './wal-receiver.ts';

const SEGMENT = 1024 * 1024;
const START = BigInt(SEGMENT) * 3n;
const folder = mkdtempSync(join(tmpdir(), 'holdfast-wal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A server that sends what the test tells it, through one buffer that is overwritten with every message. */
class ScriptedServer {
  command = '';
  ended = 0;
  readonly statuses: Buffer[] = [];
  #handlers: CopyHandlers = {};
  #onCopyDone: () => void = () => undefined;
  #resolve: () => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  readonly #shared = Buffer.alloc(300_000);

  connection(): WalConnection {
    const wire: WireConnection = {
      query: () => undefined,
      sendCopyFromChunk: (bytes) => void this.statuses.push(Buffer.from(bytes)),
      endCopyFrom: () => {
        this.ended++;
        this.#resolve();
      },
      stream: { pause: () => undefined, resume: () => undefined, destroy: () => undefined, isPaused: () => false },
      on: (_event, listener) => {
        this.#onCopyDone = listener;
      },
      removeListener: () => undefined,
    };
    return {
      wire,
      run: (text, handlers) => {
        this.command = text;
        this.#handlers = handlers;
        return new Promise((resolve, reject) => {
          this.#resolve = resolve;
          this.#reject = reject;
        });
      },
      translate: (error) => error as HoldfastError,
      destroy: (reason) => this.#reject(reason),
    };
  }

  send(lsn: bigint, bytes: Buffer): void {
    this.#shared.fill(0xee);
    this.#shared[0] = 0x77;
    this.#shared.writeBigUInt64BE(lsn, 1);
    bytes.copy(this.#shared, 25);
    try {
      this.#handlers.onCopyData?.(this.#shared.subarray(0, 25 + bytes.length));
    } catch (error) {
      this.#reject(error);
    }
    this.#shared.fill(0xee);
  }

  askForStatus(): void {
    const message = Buffer.alloc(18);
    message[0] = 0x6b;
    message[17] = 1;
    this.#handlers.onCopyData?.(message);
  }

  endCopy(): void {
    this.#onCopyDone();
  }
}

let directories = 0;
function receive(options: { readonly startLsn?: bigint; readonly reportsPosition?: boolean } = {}) {
  const server = new ScriptedServer();
  const failures: string[] = [];
  const receiver = new WalReceiver(server.connection(), {
    slot: 'holdfast_1',
    range: { startLsn: options.startLsn ?? START + 0x28n, timeline: 1, systemIdentifier: '1', segmentBytes: SEGMENT },
    directory: join(mkdtempSync(join(folder, `wal${directories++}-`))),
    reportsPosition: options.reportsPosition ?? true,
    onFailure: (error) => void failures.push(error.name),
  });
  receiver.start();
  return { server, receiver, failures };
}

const piece = (bytes: number, seed: number): Buffer =>
  Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 31 + seed) & 0xff));

describe('WAL receiver', () => {
  test('a stream over three segments - files hold exactly what was sent', async () => {
    const { server, receiver } = receive();
    const sent: Buffer[] = [];
    for (let lsn = START; lsn < START + 2_500_000n; lsn += 125_000n) {
      const bytes = piece(125_000, Number(lsn % 251n));
      sent.push(bytes);
      server.send(lsn, bytes);
    }

    await receiver.stopAt(START + 2_400_000n);
    const segments = receiver.takeSegments();

    expect(server.command).toBe('START_REPLICATION SLOT holdfast_1 PHYSICAL 0/300000 TIMELINE 1');
    expect(segments.map((segment) => segment.name)).toEqual([
      '000000010000000000000003',
      '000000010000000000000004',
      '000000010000000000000005',
    ]);
    const stored = Buffer.concat(segments.map((segment) => readFileSync(segment.path)));
    expect(stored.equals(Buffer.concat(sent))).toBe(true);
    expect(server.ended).toBe(1);
  });

  test('a gap - DumpIncomplete, and the backup is told at once', async () => {
    const { server, receiver, failures } = receive();
    server.send(START, piece(1000, 1));
    server.send(START + 1001n, piece(1000, 2));

    await expect(receiver.stopAt(START + 2000n)).rejects.toMatchObject({ name: 'DumpIncomplete' });
    expect(failures).toEqual(['DumpIncomplete']);
  });

  test('the server ends its timeline before the backup ends - SourceChanged', async () => {
    const { server, receiver } = receive();
    server.send(START, piece(1000, 1));
    server.endCopy();

    await expect(receiver.stopAt(START + 2000n)).rejects.toMatchObject({ name: 'SourceChanged' });
  });

  test('end position right on the border of a segment - no empty segment is made', async () => {
    const { server, receiver } = receive();
    for (let lsn = START; lsn < START + BigInt(SEGMENT); lsn += 131_072n) server.send(lsn, piece(131_072, 1));

    await receiver.stopAt(START + BigInt(SEGMENT));

    expect(receiver.takeSegments()).toHaveLength(1);
  });

  test('asked for its position - tells it, or keeps silent where that would make it a synchronous standby', async () => {
    const telling = receive();
    const silent = receive({ reportsPosition: false });
    for (const { server, receiver } of [telling, silent]) {
      server.send(START, piece(4096, 1));
      await new Promise((resolve) => setTimeout(resolve, 50));
      server.askForStatus();
      await receiver.stopAt(START + 4096n);
    }

    expect(telling.server.statuses[0]?.readBigUInt64BE(9)).toBe(START + 4096n);
    expect(silent.server.statuses[0]?.readBigUInt64BE(9)).toBe(0n);
  });

  test('a scratch folder that is gone - a named error', async () => {
    const { server, receiver, failures } = receive();
    rmSync(folder, { recursive: true, force: true });
    server.send(START, piece(4096, 1));

    await expect(receiver.stopAt(START + 4096n)).rejects.toMatchObject({ name: 'StorageFull' });
    expect(failures).toEqual(['StorageFull']);
  });
});
