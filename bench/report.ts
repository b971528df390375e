// Prints a benchmark's figures: a table for people, JSON for comparing two runs.

import { cpus, totalmem } from 'node:os';

import type { StorePolicy } from '../lib/domain/store-policy.ts';
import type { Figures } from './phase-process.ts';

const GIGABYTE = 1e9;
const MEGABYTE = 1e6;

export interface BenchReport {
  readonly reader: string;
  readonly compression: StorePolicy['compression'];
  readonly repositoryBytes: number;
  readonly phases: readonly PhaseFigures[];
  /** Sentences for people. */
  readonly notes?: readonly string[];
}

interface PhaseFigures extends Figures {
  readonly phase: string;
  readonly sourceBytes: number;
  readonly storedBytes?: number;
  readonly entries?: number;
}

export function printReport(report: BenchReport, asJson: boolean): void {
  const phases = report.phases.map((phase) => ({
    ...phase,
    cpuSecondsPerGb: phase.cpuSeconds / (phase.sourceBytes / GIGABYTE),
  }));
  if (asJson) {
    process.stdout.write(`${JSON.stringify({ ...report, phases, machine: machine() }, undefined, 2)}\n`);
    return;
  }
  const rows = phases.map((phase) => [
    phase.phase,
    megabytes(phase.sourceBytes),
    phase.cpuSeconds.toFixed(2),
    phase.cpuSecondsPerGb.toFixed(2),
    phase.wallSeconds.toFixed(2),
    megabytes(phase.peakRssBytes),
    phase.storedBytes === undefined ? '' : megabytes(phase.storedBytes),
    phase.entries === undefined ? '' : String(phase.entries),
  ]);
  const header = ['phase', 'source MB', 'CPU s', 'CPU s/GB', 'wall s', 'peak RSS MB', 'stored MB', 'entries'];
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  for (const row of [header, ...rows]) {
    process.stdout.write(
      `${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ')}\n`,
    );
  }
  const { algorithm, level } = report.compression;
  process.stdout.write(
    `repository ${megabytes(report.repositoryBytes)} MB, ${algorithm} ${String(level)}, reader ${report.reader}; ${machine()}\n`,
  );
  for (const note of report.notes ?? []) process.stdout.write(`${note}\n`);
}

const megabytes = (bytes: number): string => (bytes / MEGABYTE).toFixed(1);

const machine = (): string =>
  `${String(cpus().length)} × ${cpus()[0]?.model ?? 'unknown'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}`;
