// What the golden repository of format version 1 holds: two attempts and a point, every kind of entry, every kind of segment.

import type { UnitResult } from '../../lib/domain/backup-record.ts';
import { sealPoint } from '../../lib/repository/point.ts';
import { createUnitWriter } from '../../lib/repository/unit-writer.ts';
import type { RepositoryContext } from '../../lib/repository/repository-context.ts';
import type { Tree } from '../fakes/repository-kit.ts';
import { TINY_LIMITS, indexOf, meta, noise, prose } from '../fakes/repository-kit.ts';

/** Protects nothing but this fixture. */
export const GOLDEN_STORE = 'golden/store';

/** The stored form: every object by its key, base64, with the recovery key that opens it. */
export interface GoldenRepository {
  readonly about: string;
  readonly printedRecoveryKey: string;
  readonly memoryKeySeed: string;
  readonly objects: Readonly<Record<string, string>>;
}

export const GOLDEN_FILES: Tree = {
  'a-noise': noise(3000, 'golden'),
  'b/prose': prose(9000, 'golden'),
  'c-empty': Buffer.alloc(0),
  'd-one-byte': Buffer.from([7]),
  'e-sparse': Buffer.concat([Buffer.alloc(1000), noise(500, 'sparse'), Buffer.alloc(20_000)]),
  'f-new': prose(4000, 'new'),
};

/** Made once per format version by today's writer; the file that came out is kept for ever. */
export async function writeGoldenRepository(context: RepositoryContext): Promise<UnitResult> {
  const base = { context, unit: 'path/0', compression: { algorithm: 'zstd', level: 3 }, limits: TINY_LIMITS } as const;
  const first = await createUnitWriter({ ...base, attempt: 'bkp_golden1.0.1', indexes: [] });
  for (const name of ['a-noise', 'b/prose', 'c-empty']) {
    const file = first.open(meta(name));
    await file.write(GOLDEN_FILES[name]!);
    await file.close();
  }
  const earlier = await first.seal({ sourceVersion: '1', warnings: [], details: {} });

  const second = await createUnitWriter({
    ...base,
    attempt: 'bkp_golden2.0.1',
    indexes: indexOf(earlier),
    previous: earlier,
  });
  await second.add(
    meta('b', {
      kind: 'directory',
      mode: 0o750,
      xattrs: [{ name: Buffer.from('user.n'), value: Buffer.from([0, 255]) }],
    }),
  );
  for (const name of ['a-noise', 'b/prose', 'c-empty']) await second.reuse(meta(name, { mode: 0o600 }));
  await second.add(meta('g-link', { kind: 'symlink', linkTarget: Buffer.from('b/prose') }));
  await second.add(meta('h-hard', { kind: 'hardlink', linkTarget: Buffer.from('a-noise') }));
  await second.add(meta(Buffer.from([0x69, 0xff]), { kind: 'fifo', mtimeNs: -5n, ctimeNs: 9n, inode: 2n ** 63n }));
  for (const name of ['f-new', 'd-one-byte']) {
    const file = second.open(meta(name));
    await file.write(GOLDEN_FILES[name]!);
    await file.close();
  }
  const sparse = second.open(meta('e-sparse'));
  await sparse.skip(1000);
  await sparse.write(noise(500, 'sparse'));
  await sparse.skip(20_000);
  await sparse.close();
  const unit = await second.seal({
    sourceVersion: '2',
    consistentAt: '2026-01-02T03:04:05.000Z',
    warnings: ['one'],
    details: { files: 6 },
  });
  await sealPoint(context, {
    backupId: 'bkp_golden2',
    epoch: 2,
    store: context.storeName,
    service: 'golden',
    engine: 'files',
    method: 'tree',
    type: 'full',
    startTime: '2026-01-02T03:04:05.000Z',
    units: [unit],
  });
  return unit;
}
