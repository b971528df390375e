// Exclude patterns in the manner of .gitignore, matched in time linear in the path for a given pattern: users bring no regular expressions.
// A pattern works on bytes, because file names need not be UTF-8; `?` takes one UTF-8 character, or one byte where there is none.

/** Caps that keep the worst pattern against the worst path in the milliseconds (see exclude.test.ts). */
export const EXCLUDES_MAX = 200;
export const EXCLUDE_BYTES_MAX = 256;

const ANY_CHARACTER = 256;
const ANY_RUN = 257;

/** Byte values and the two wildcards of one path component; 'any-depth' stands for `**`. */
type Component = readonly number[] | 'any-depth';

interface Pattern {
  readonly components: readonly Component[];
  readonly isNegated: boolean;
  readonly isForDirectories: boolean;
}

export interface Excludes {
  /** `path` is relative to the unit's root. The last pattern that matches decides, as in .gitignore. */
  matches(path: Buffer, isDirectory: boolean): boolean;
}

/** What is wrong with a pattern, for the person who wrote it; undefined when it is good. */
export function excludeProblem(pattern: string): string | undefined {
  const text = pattern.replace(/^!/, '');
  if (text === '' || text === '/') return 'a pattern must name something';
  if (Buffer.byteLength(pattern) > EXCLUDE_BYTES_MAX) return `a pattern has at most ${EXCLUDE_BYTES_MAX} bytes`;
  if (pattern.includes('\0')) return 'a pattern must not contain a NUL character';
  if (hasCharacterClass(pattern)) return 'character classes are not supported; write "\\[" for a bracket';
  const components = withoutOuterSlashes(text).split('/');
  if (components.some((component) => component === '' || component === '.' || component === '..')) {
    return 'a pattern has no empty, "." or ".." component';
  }
  return undefined;
}

/** Takes patterns without a problem. */
export function compileExcludes(patterns: readonly string[]): Excludes {
  const compiled = patterns.map(compilePattern);
  return {
    matches(path, isDirectory) {
      if (compiled.length === 0) return false;
      const bounds = componentBounds(path);
      const deciding = compiled.findLast(
        (pattern) => (isDirectory || !pattern.isForDirectories) && matchesPath(pattern.components, path, bounds),
      );
      return deciding !== undefined && !deciding.isNegated;
    },
  };
}

function compilePattern(pattern: string): Pattern {
  const isNegated = pattern.startsWith('!');
  const text = isNegated ? pattern.slice(1) : pattern;
  const inner = withoutOuterSlashes(text);
  const isAnchored = text.startsWith('/') || inner.includes('/');
  const components = inner.split('/').flatMap((component, index, all): Component[] => {
    if (component !== '**') return [compileComponent(component)];
    // A final `**` means everything inside, but not the directory itself.
    return index === all.length - 1 ? [[ANY_RUN], 'any-depth'] : ['any-depth'];
  });
  return {
    components: isAnchored ? components : ['any-depth', ...components],
    isNegated,
    isForDirectories: text.endsWith('/'),
  };
}

function compileComponent(component: string): number[] {
  const tokens: number[] = [];
  const bytes = Buffer.from(component);
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === BACKSLASH && at + 1 < bytes.length) tokens.push(bytes[++at]!);
    else if (byte === QUESTION_MARK) tokens.push(ANY_CHARACTER);
    else if (byte !== ASTERISK) tokens.push(byte);
    else if (tokens.at(-1) !== ANY_RUN) tokens.push(ANY_RUN);
  }
  return tokens;
}

/** Greedy with one place to come back to, the last `**`: right for any sequence of components, and never exponential. */
function matchesPath(pattern: readonly Component[], path: Buffer, bounds: readonly number[]): boolean {
  const count = bounds.length - 1;
  let at = 0;
  let token = 0;
  let resumeToken = -1;
  let resumeAt = 0;
  while (at < count) {
    const component = pattern[token];
    if (component === 'any-depth') {
      resumeToken = token++;
      resumeAt = at;
    } else if (component !== undefined && matchesComponent(component, path, bounds[at]!, bounds[at + 1]! - 1)) {
      token++;
      at++;
    } else if (resumeToken >= 0) {
      token = resumeToken + 1;
      at = ++resumeAt;
    } else {
      return false;
    }
  }
  while (pattern[token] === 'any-depth') token++;
  return token === pattern.length;
}

/** The same walk one level down, over the bytes of one component. */
function matchesComponent(tokens: readonly number[], path: Buffer, start: number, end: number): boolean {
  let at = start;
  let token = 0;
  let resumeToken = -1;
  let resumeAt = start;
  while (at < end) {
    const wanted = tokens[token];
    if (wanted === ANY_RUN) {
      resumeToken = token++;
      resumeAt = at;
    } else if (wanted === ANY_CHARACTER) {
      at += characterLength(path, at, end);
      token++;
    } else if (wanted === path[at]) {
      at++;
      token++;
    } else if (resumeToken >= 0) {
      token = resumeToken + 1;
      resumeAt += characterLength(path, resumeAt, end);
      at = resumeAt;
    } else {
      return false;
    }
  }
  while (tokens[token] === ANY_RUN) token++;
  return token === tokens.length;
}

/** Start of each component, and one past the end: component n is [bounds[n], bounds[n + 1] - 1). */
function componentBounds(path: Buffer): number[] {
  const bounds = [0];
  for (let at = path.indexOf(SLASH); at >= 0; at = path.indexOf(SLASH, at + 1)) bounds.push(at + 1);
  bounds.push(path.length + 1);
  return bounds;
}

function characterLength(bytes: Buffer, at: number, end: number): number {
  if (bytes[at]! < 0xc0) return 1;
  let length = 1;
  while (length < 4 && at + length < end && (bytes[at + length]! & 0xc0) === 0x80) length++;
  return length;
}

function hasCharacterClass(pattern: string): boolean {
  for (let at = 0; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++;
    else if (pattern[at] === '[') return true;
  }
  return false;
}

const withoutOuterSlashes = (text: string): string =>
  text.slice(text.startsWith('/') ? 1 : 0, text.endsWith('/') ? -1 : undefined);

const SLASH = 0x2f;
const ASTERISK = 0x2a;
const QUESTION_MARK = 0x3f;
const BACKSLASH = 0x5c;
