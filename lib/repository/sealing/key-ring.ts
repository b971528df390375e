// The data keys of the attempts that one operation reads, each unwrapped once.

import { HoldfastError } from '../../domain/errors.ts';
import type { RepositoryContext } from '../repository-context.ts';
import type { DataKey } from './data-key.ts';
import { openDataKey } from './data-key.ts';

export class KeyRing {
  readonly #context: RepositoryContext;
  readonly #repository: string | undefined;
  readonly #keys = new Map<string, Promise<DataKey>>();

  /** With `repository` given, keys of another repository are refused: its chunk ids would mean nothing here. */
  constructor(context: RepositoryContext, repository?: string) {
    this.#context = context;
    this.#repository = repository;
  }

  /** @throws KeyUnwrapFailed, KeyUnavailable, CopyMissing, IntegrityViolation, RepositoryFormatUnsupported */
  of(attempt: string): Promise<DataKey> {
    const known = this.#keys.get(attempt);
    if (known !== undefined) return known;
    const opened = this.#open(attempt);
    // A failure is not kept: the provider may answer next time.
    opened.catch(() => this.#keys.delete(attempt));
    this.#keys.set(attempt, opened);
    return opened;
  }

  async #open(attempt: string): Promise<DataKey> {
    const key = await openDataKey(this.#context, attempt);
    if (this.#repository !== undefined && key.repository !== this.#repository) {
      throw new HoldfastError(
        'IntegrityViolation',
        `unable to use the key of attempt '${attempt}': it belongs to another repository`,
        { attempt },
      );
    }
    return key;
  }
}
