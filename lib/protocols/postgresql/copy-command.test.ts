// The command object under everything the driver does to it: it settles once, always, and never by an exception in the parser.
import { describe, expect, test } from '@jest/globals';

import { CopyCommand, type CopyHandlers, type WireConnection } from './copy-command.ts';

function submitted(handlers: CopyHandlers = {}, idleMilliseconds = 10_000) {
  const state = { isPaused: false, destroyedWith: undefined as Error | undefined };
  const wire: WireConnection = {
    query: () => undefined,
    sendCopyFromChunk: () => undefined,
    endCopyFrom: () => undefined,
    stream: {
      pause: () => undefined,
      resume: () => undefined,
      isPaused: () => state.isPaused,
      destroy: (error) => {
        state.destroyedWith = error;
      },
    },
    on: () => undefined,
    removeListener: () => undefined,
  };
  const command = new CopyCommand('BASE_BACKUP', handlers, idleMilliseconds);
  command.submit(wire);
  return { command, state };
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

describe('replication command', () => {
  test('several result sets - rows come with the number of theirs', async () => {
    const rows: unknown[] = [];
    const { command } = submitted({ onRow: (row, resultSet) => void rows.push([resultSet, row]) });
    command.handleRowDescription({ fields: [{ name: 'recptr' }] });
    command.handleDataRow({ fields: ['0/1'] });
    command.handleRowDescription({ fields: [{ name: 'spcoid' }, { name: 'size' }] });
    command.handleDataRow({ fields: [null, '7'] });
    command.handleReadyForQuery();

    await command.done;

    expect(rows).toEqual([
      [0, { recptr: '0/1' }],
      [1, { spcoid: null, size: '7' }],
    ]);
  });

  test('an error - rejects at once: after one the driver says nothing more', async () => {
    const { command } = submitted();

    command.handleError(new Error('lost'));

    await expect(command.done).rejects.toThrow('lost');
  });

  test('a handler that throws - ends this command and its connection, not the process', async () => {
    const { command, state } = submitted({
      onCopyData: () => {
        throw new Error('a gap');
      },
    });

    expect(() => command.handleCopyData({ chunk: Buffer.alloc(1) })).not.toThrow();

    await expect(command.done).rejects.toThrow('a gap');
    expect(state.destroyedWith?.message).toBe('a gap');
  });

  test('a server that falls silent - SourceUnreachable after the deadline; time in which we paused does not count', async () => {
    const { command, state } = submitted({}, 40);
    state.isPaused = true;
    await pause(200);
    expect(state.destroyedWith).toBeUndefined();
    state.isPaused = false;

    await expect(command.done).rejects.toMatchObject({ name: 'SourceUnreachable' });
    expect(state.destroyedWith).toMatchObject({ name: 'SourceUnreachable' });
  });
});
