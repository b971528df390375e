// The system calls that Node has no function for (extended attributes, times to the nanosecond, device nodes), made by one perl process
// per unit. Node's own utimes rounds to the microsecond, and every tool that compares times would then see a changed tree.
// Rejected: getfattr/setfattr and touch, which need one process per few files, text escaping, and a package that a bare Debian lacks.

import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

import { HoldfastError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { errorCode } from './findings.ts';
import { stoppedBy } from './turns.ts';

export interface Xattr {
  readonly name: Buffer;
  readonly value: Buffer;
}

/** Paths are resolved by another process: they are absolute or lead through `/proc/<our pid>/fd`. The last component is
 * never followed, but for `sync`. */
export type SystemCall =
  | { readonly kind: 'get-xattrs'; readonly path: Buffer }
  | { readonly kind: 'set-xattr'; readonly path: Buffer; readonly xattr: Xattr }
  | { readonly kind: 'remove-xattr'; readonly path: Buffer; readonly name: Buffer }
  | { readonly kind: 'set-mtime'; readonly path: Buffer; readonly mtimeNs: bigint }
  | { readonly kind: 'make-node'; readonly path: Buffer; readonly mode: number; readonly deviceNumber: number }
  /** Writes the whole file system that holds this directory to its disk: one call instead of one per file. */
  | { readonly kind: 'sync'; readonly path: Buffer };

export interface SystemCallResult {
  /** 0 when all is well. */
  readonly errno: number;
  readonly xattrs: readonly Xattr[];
}

/** One batch is written and answered as a whole; this many paths and attributes stay far below a hundred megabytes. */
export const SYSTEM_CALLS_MAX = 256;

/** utimensat, llistxattr, lgetxattr, lsetxattr, lremovexattr, mknodat, syncfs of Linux. */
const NUMBERS: Partial<Record<NodeJS.Architecture, readonly number[]>> = {
  x64: [280, 195, 192, 189, 198, 259, 306],
  arm64: [88, 12, 9, 6, 15, 33, 267],
};

const TOOL_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' } as const;

/** Requests and answers are frames of length-prefixed strings. 65536 is the kernel's XATTR_SIZE_MAX and XATTR_LIST_MAX. */
const SCRIPT = String.raw`
use strict; use warnings;
umask 0;
my ($utimensat, $llistxattr, $lgetxattr, $lsetxattr, $lremovexattr, $mknodat, $syncfs) = map { $_ + 0 } @ARGV;
my ($here, $nofollow, $max) = (-100, 0x100, 65536);
my $buffer = "\0" x $max;
my %calls = (
  t => [2, sub { my ($path, $times) = @_; syscall($utimensat, $here, $path, $times, $nofollow) }],
  s => [3, sub { my ($path, $name, $value) = @_; syscall($lsetxattr, $path, $name, $value, length $value, 0) }],
  r => [2, sub { my ($path, $name) = @_; syscall($lremovexattr, $path, $name) }],
  n => [3, sub { my ($path, $mode, $device) = @_; syscall($mknodat, $here, $path, $mode + 0, $device + 0) }],
  f => [1, sub { my ($path) = @_; my $directory; opendir($directory, $path) ? syscall($syncfs, fileno $directory) : -1 }],
  g => [1, sub {
    my ($path, $out) = @_;
    my $listed = syscall($llistxattr, $path, $buffer, $max);
    return -1 if $listed < 0;
    for my $name (split /\0/, substr($buffer, 0, $listed)) {
      my $length = syscall($lgetxattr, $path, $name, $buffer, $max);
      return -1 if $length < 0;
      $_[1] .= pack '(N/a*)*', $name, substr($buffer, 0, $length);
    }
    return 0;
  }],
);
sub take {
  my ($wanted, $all) = (shift, '');
  while (length($all) < $wanted) { read(STDIN, $all, $wanted - length($all), length($all)) or exit 0 }
  return $all;
}
binmode STDIN; binmode STDOUT; $| = 1;
while (1) {
  my @fields = unpack '(N/a)*', take(unpack 'N', take(4));
  my $answer = '';
  while (@fields) {
    my ($arity, $call) = @{ $calls{shift @fields} };
    my @arguments = splice @fields, 0, $arity;
    my $found = '';
    my $failed = $call->(@arguments, $found) < 0;
    $answer .= pack 'N/a* N/a*', ($failed ? $! + 0 : 0), $found;
  }
  print pack('N', length $answer), $answer;
}
`;

type Perl = ChildProcessByStdio<Writable, Readable, Readable>;

export class SystemCalls {
  readonly #perl: Perl;
  readonly #signal: AbortSignal;
  #received: Buffer[] = [];
  #complaint = '';
  #wake: () => void = () => undefined;
  #ended: string | undefined;

  private constructor(perl: Perl, signal: AbortSignal) {
    this.#perl = perl;
    this.#signal = signal;
    perl.stdout.on('data', (bytes: Buffer) => {
      this.#received.push(bytes);
      this.#wake();
    });
    perl.stderr.on('data', (bytes: Buffer) => {
      this.#complaint = (this.#complaint + bytes.toString()).slice(-LIMITS.toolMessageBytesMax);
    });
    perl.on('close', (code, signal) => {
      this.#ended = `ended with ${signal ?? `code ${code ?? 'unknown'}`}`;
      this.#wake();
    });
    perl.on('error', () => this.#wake());
    // A broken pipe shows itself as the end of the process; it must not end ours.
    perl.stdin.on('error', () => this.#wake());
  }

  /** Undefined where there is no perl or the machine's call numbers are not known: the caller does without and says so. */
  static async start(perlPath: string, signal: AbortSignal): Promise<SystemCalls | undefined> {
    const numbers = process.platform === 'linux' ? NUMBERS[process.arch] : undefined;
    if (numbers === undefined) return undefined;
    const perl = spawn(perlPath, ['-e', SCRIPT, ...numbers.map(String)], {
      env: TOOL_ENVIRONMENT,
      stdio: ['pipe', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
    });
    const calls = new SystemCalls(perl, signal);
    try {
      await once(perl, 'spawn');
      // A first call, so that whoever gets this object knows that it works.
      await calls.make([{ kind: 'get-xattrs', path: Buffer.from('/') }]);
      return calls;
    } catch (error) {
      if (signal.aborted) throw stoppedBy(signal);
      if (errorCode(error) === 'ENOENT') return undefined;
      throw new HoldfastError('DumpToolFailed', `unable to start '${perlPath}'`, { tool: 'perl' }, { cause: error });
    }
  }

  /** Makes the calls in order and answers each; a failing call does not stop the others. One caller at a time. */
  async make(calls: readonly SystemCall[]): Promise<readonly SystemCallResult[]> {
    if (calls.length === 0) return [];
    const request = Buffer.concat(calls.flatMap(fieldsOf).flatMap(lengthPrefixed));
    this.#perl.stdin.write(Buffer.concat([uint32(request.length), request]));
    const head = await this.#take(4);
    const fields = splitFields(await this.#take(head.readUInt32BE(0)));
    return calls.map((_, at) => ({
      errno: Number((fields[at * 2] ?? '5').toString()),
      xattrs: pairs(splitFields(fields[at * 2 + 1] ?? Buffer.alloc(0))),
    }));
  }

  async stop(): Promise<void> {
    if (this.#ended !== undefined) return;
    const closed = once(this.#perl, 'close');
    this.#perl.stdin.end();
    await closed.catch(() => undefined);
  }

  async #take(length: number): Promise<Buffer> {
    while (this.#received.reduce((sum, bytes) => sum + bytes.length, 0) < length) {
      if (this.#signal.aborted) throw stoppedBy(this.#signal);
      if (this.#ended !== undefined) {
        throw new HoldfastError(
          'DumpToolFailed',
          `unable to make system calls: perl ${this.#ended}: ${this.#complaint}`,
          { tool: 'perl' },
        );
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const all = Buffer.concat(this.#received);
    this.#received = [all.subarray(length)];
    return all.subarray(0, length);
  }
}

function fieldsOf(call: SystemCall): (Buffer | string)[] {
  switch (call.kind) {
    case 'get-xattrs':
      return ['g', call.path];
    case 'set-xattr':
      return ['s', call.path, call.xattr.name, call.xattr.value];
    case 'remove-xattr':
      return ['r', call.path, call.name];
    case 'set-mtime':
      return ['t', call.path, timespecs(call.mtimeNs)];
    case 'make-node':
      return ['n', call.path, String(call.mode), String(call.deviceNumber)];
    case 'sync':
      return ['f', call.path];
  }
}

/** The pair that utimensat takes on a 64-bit machine: access time left alone (UTIME_OMIT), modification time. */
function timespecs(mtimeNs: bigint): Buffer {
  const utimeOmit = 0x3ffffffen;
  const bytes = Buffer.alloc(32);
  bytes.writeBigInt64LE(utimeOmit, 8);
  const nanoseconds = ((mtimeNs % SECOND) + SECOND) % SECOND;
  bytes.writeBigInt64LE((mtimeNs - nanoseconds) / SECOND, 16);
  bytes.writeBigInt64LE(nanoseconds, 24);
  return bytes;
}

function splitFields(bytes: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    fields.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

function pairs(fields: readonly Buffer[]): Xattr[] {
  const found: Xattr[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) found.push({ name: fields[at]!, value: fields[at + 1]! });
  return found;
}

const lengthPrefixed = (field: Buffer | string): Buffer[] => [uint32(Buffer.byteLength(field)), Buffer.from(field)];

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const SECOND = 1_000_000_000n;
