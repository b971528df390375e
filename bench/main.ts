// Benchmarks: `npm run bench -- tree [options]`. Measured by hand and quoted with the machine they ran on; no test depends on a time.

import { parseArgs } from 'node:util';

import { printReport } from './report.ts';
import { runTreeBench } from './tree-bench.ts';
import { runTreePhase } from './tree-phase.ts';

const USAGE = `Usage: npm run bench -- tree [options]

  --path <directory>   measure this tree (read only; the changed-tree phase is left out); default: a generated one
  --mib <number>       size of the generated tree, default 512
  --work <directory>   where the generated tree and the repository go, default: a new directory under the system's temporary one
  --reader <name>      engine (the files engine, default) or plain (bare system calls: what the repository alone costs)
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
    work: { type: 'string' },
    reader: { type: 'string', default: 'engine' },
    algorithm: { type: 'string', default: 'zstd' },
    level: { type: 'string', default: '3' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    phase: { type: 'string' },
  },
});

if (values.phase !== undefined) {
  await runTreePhase(values.phase);
} else if (positionals[0] === 'tree') {
  const report = await runTreeBench({
    path: values.path,
    mebibytes: Number(values.mib),
    workDirectory: values.work,
    reader: values.reader === 'plain' ? 'plain' : 'engine',
    compression: { algorithm: values.algorithm, level: Number(values.level) },
    keep: values.keep,
  });
  printReport(report, values.json);
} else {
  process.stdout.write(USAGE);
  process.exitCode = positionals.length === 0 ? 0 : 2;
}
