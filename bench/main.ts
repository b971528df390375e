// Benchmarks: `npm run bench -- tree|pg [options]`. Measured by hand and quoted with the machine they ran on; no test depends on a time.

import { parseArgs } from 'node:util';

import type { StorePolicy } from '../lib/domain/store-policy.ts';

const USAGE = `Usage: npm run bench -- tree|pg [options]

tree: a file tree through the files engine
  --path <directory>   measure this tree (read only; the changed-tree phase is left out); default: a generated one
  --mib <number>       size of the generated tree, default 512
  --work <directory>   where the generated tree and the repository go, default: a new directory under the system's temporary one
  --reader <name>      engine (the files engine, default) or plain (bare system calls: what the repository alone costs)

pg: a real PostgreSQL server through the physical method
  --size-mb <number>   size of the generated table with its index, default 512

both
  --algorithm <name>   zstd (default), gzip or none
  --level <number>     compression level, default 3
  --keep               leave the work directory
  --json               print one JSON object instead of a table
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    path: { type: 'string' },
    mib: { type: 'string', default: '512' },
    'size-mb': { type: 'string', default: '512' },
    work: { type: 'string' },
    reader: { type: 'string', default: 'engine' },
    algorithm: { type: 'string', default: 'zstd' },
    level: { type: 'string', default: '3' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    // Names the request of one phase; for this program's own children only.
    phase: { type: 'string' },
  },
});

/** Loaded on demand: a phase shall not pay for what it does not use. */
const benches = {
  tree: {
    run: async () =>
      await (
        await import('./tree-bench.ts')
      ).runTreeBench({
        path: values.path,
        mebibytes: Number(values.mib),
        workDirectory: values.work,
        reader: values.reader === 'plain' ? 'plain' : 'engine',
        compression: compressionOf(),
        keep: values.keep,
      }),
    phase: async (file: string) => await (await import('./tree-phase.ts')).runTreePhase(file),
  },
  pg: {
    run: async () =>
      await (
        await import('./postgresql-bench.ts')
      ).runPostgresqlBench({
        megabytes: Number(values['size-mb']),
        compression: compressionOf(),
        keep: values.keep,
      }),
    phase: async (file: string) => await (await import('./postgresql-phase.ts')).runPostgresqlPhase(file),
  },
} as const;

const [name = ''] = positionals;
const bench = Object.hasOwn(benches, name) ? benches[name as keyof typeof benches] : undefined;
if (bench === undefined) {
  process.stdout.write(USAGE);
  process.exitCode = positionals.length === 0 ? 0 : 2;
} else if (values.phase === undefined) {
  const [report, { printReport }] = [await bench.run(), await import('./report.ts')];
  printReport(report, values.json);
} else {
  await bench.phase(values.phase);
}

function compressionOf(): StorePolicy['compression'] {
  const { algorithm } = values;
  if (algorithm === 'zstd' || algorithm === 'gzip' || algorithm === 'none')
    return { algorithm, level: Number(values.level) };
  throw new Error(`no such compression: ${algorithm}`);
}
