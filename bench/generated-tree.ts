// A source tree made from a seed: the same bytes on every machine, with the sizes and the compressibility of trees people have.

import { appendFileSync, closeSync, mkdirSync, openSync, rmSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
const FILES_PER_DIRECTORY = 64;
const PHRASES = 16 * KIBIBYTE;
/** One instant for all, so that two generated trees are equal in every attribute. */
const MODIFIED_SECONDS = 1_700_000_000;

/** A small fast generator of numbers; quality does not matter here, repeatability does. */
class Numbers {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /** A whole number from 0 up to, not including, `below`. */
  next(below: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % below;
  }
}

export interface GeneratedFile {
  readonly path: string;
  readonly sizeBytes: number;
}

/**
 * Seven of ten files are below 4 KiB, a third of the bytes lies in files above 1 MiB, one file in fifty is noise (archives, media),
 * one in twenty is a copy of an earlier one.
 */
export function generateTree(root: string, mebibytes: number): readonly GeneratedFile[] {
  const numbers = new Numbers(42);
  const phrases = makePhrases(numbers);
  const files: GeneratedFile[] = [];
  const recent: Buffer[] = [];
  let total = 0;
  for (let i = 0; total < mebibytes * MEBIBYTE; i++) {
    const directory = join(
      root,
      `d${String(Math.floor(i / FILES_PER_DIRECTORY) % 40)}`,
      `e${String(Math.floor(i / FILES_PER_DIRECTORY))}`,
    );
    if (i % FILES_PER_DIRECTORY === 0) mkdirSync(directory, { recursive: true });
    const path = join(directory, `f${String(i)}.${i % 3 === 0 ? 'json' : 'txt'}`);
    const copied = numbers.next(20) === 0 ? recent[numbers.next(recent.length || 1)] : undefined;
    const content = copied ?? makeContent(numbers, phrases, sizeOf(numbers));
    writeFileSync(path, content);
    utimesSync(path, MODIFIED_SECONDS, MODIFIED_SECONDS);
    if (content.length < 256 * KIBIBYTE) recent[i % 64] = content;
    files.push({ path, sizeBytes: content.length });
    total += content.length;
  }
  return files;
}

/** Changes about three percent of the bytes: appends, edits in the middle, new files, removed files. */
export function changeTree(root: string, files: readonly GeneratedFile[]): void {
  const numbers = new Numbers(7);
  const phrases = makePhrases(numbers);
  const total = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  let touched = 0;
  for (let i = 0; touched < total * 0.03; i++) {
    const file = files[numbers.next(files.length)]!;
    touched += file.sizeBytes;
    switch (i % 10) {
      case 0:
        rmSync(file.path, { force: true });
        break;
      case 1:
        mkdirSync(join(root, 'new'), { recursive: true });
        writeFileSync(join(root, 'new', `n${String(i)}`), makeContent(numbers, phrases, sizeOf(numbers)));
        break;
      case 2:
      case 3:
      case 4:
        appendFileSync(file.path, makeContent(numbers, phrases, 200));
        break;
      default:
        editMiddle(file, makeContent(numbers, phrases, 100));
    }
  }
}

function editMiddle(file: GeneratedFile, bytes: Buffer): void {
  const descriptor = openSync(file.path, 'a+');
  closeSync(descriptor);
  const writable = openSync(file.path, 'r+');
  writeSync(writable, bytes, 0, bytes.length, Math.floor(file.sizeBytes / 2));
  closeSync(writable);
}

function sizeOf(numbers: Numbers): number {
  const kind = numbers.next(1000);
  if (kind < 710) return 100 + numbers.next(4 * KIBIBYTE);
  if (kind < 930) return 4 * KIBIBYTE + numbers.next(28 * KIBIBYTE);
  if (kind < 990) return 32 * KIBIBYTE + numbers.next(224 * KIBIBYTE);
  if (kind < 998) return 256 * KIBIBYTE + numbers.next(768 * KIBIBYTE);
  return MEBIBYTE + numbers.next(8 * MEBIBYTE);
}

/** Phrases of one to eight words: text repeats itself in longer pieces than words. */
function makePhrases(numbers: Numbers): readonly Buffer[] {
  const words = Array.from({ length: 4096 }, () =>
    Array.from({ length: 2 + numbers.next(9) }, () => String.fromCharCode(97 + numbers.next(26))).join(''),
  );
  return Array.from({ length: PHRASES }, () => {
    const phrase = Array.from({ length: 1 + numbers.next(8) }, () => words[skewed(numbers, words.length)]).join(' ');
    return Buffer.from(`${phrase}${numbers.next(3) === 0 ? '\n' : ' '}`);
  });
}

/** Squaring favours the first ones, as language does. */
function skewed(numbers: Numbers, below: number): number {
  const pick = numbers.next(below);
  return Math.floor((pick * pick) / below);
}

function makeContent(numbers: Numbers, phrases: readonly Buffer[], sizeBytes: number): Buffer {
  const content = Buffer.allocUnsafe(sizeBytes);
  if (numbers.next(50) === 0) {
    for (let at = 0; at < sizeBytes; at++) content[at] = numbers.next(256);
    return content;
  }
  let at = 0;
  while (at < sizeBytes) {
    at += phrases[skewed(numbers, PHRASES)]!.copy(content, at);
    // Something that is new each time: ids, numbers, names.
    if (at < sizeBytes && numbers.next(3) === 0) at += content.write(`${String(numbers.next(1_000_000))} `, at);
  }
  return content;
}
