// The worker that the worker host contract starts: it does what its job id says and leaves marks of it in a directory.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';

import { endWithParent } from '../../lib/clouds/local/end-with-parent.ts';

const [, , jobId = '', attempt = ''] = process.argv;
const [, behaviour = ''] = jobId.split('/');
const marks = process.env['MARKS'] ?? '';

const mark = (what: string, content = ''): void => {
  writeFileSync(`${marks}/${encodeURIComponent(jobId)}.${attempt}.${what}.${process.pid}`, content);
};

if (behaviour !== 'orphan') endWithParent();
process.on('SIGTERM', () => {
  mark('asked');
  if (behaviour !== 'stubborn') process.exit(0);
});
mark('started', JSON.stringify(process.env));

if (behaviour === 'fail') process.exit(3);
if (behaviour === 'finish') setTimeout(() => process.exit(0), 200);
if (behaviour === 'tool') {
  const tool = spawn('sleep', ['1000'], { stdio: 'ignore' });
  mark('tool', String(tool.pid));
}
if (behaviour === 'print') {
  process.stdout.write('plain text\n\u001b[31mred\n');
  process.stderr.write(`${JSON.stringify({ level: 'error', message: 'from inside', unit: 'base' })}\n`);
  process.stdout.write('x'.repeat(2_000_000));
}
const kept: Buffer[] = [];
if (behaviour === 'grow') setInterval(() => void kept.push(Buffer.alloc(32 * 1024 * 1024, kept.length)), 20);
// Work that takes longer than any test.
if (behaviour !== 'finish') setInterval(() => undefined, 1000);
