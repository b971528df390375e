// The secret source port: turns a reference into a secret at the moment of use.

import type { Secret } from '../domain/secret.ts';

export interface SecretSource {
  /**
   * `env:NAME`, `file:/path` (0600 or stricter), or a form of the cloud. Not cached: rotation takes effect at the next use.
   * @throws NotFound naming the reference, never its content
   */
  read(reference: string): Promise<Secret>;
}
