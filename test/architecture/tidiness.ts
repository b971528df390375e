// The house rules that a linter cannot know: each one takes a file and returns its complaints, so that samples can test it.
import { basename, dirname } from 'node:path';

export interface ProjectFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export type TidyRule = (file: ProjectFile) => readonly string[];

const linesMax = 500;
const bannedNames = ['manager', 'helper', 'helpers', 'util', 'utils', 'common', 'misc', 'base'];

/** A reader who opens a file must learn from its first line what it is for. */
export const opensWithSentence: TidyRule = ({ path, text }) => {
  if (!/^(lib|functions|cli|scripts|bench)\/.*\.ts$/.test(path) || isTest(path)) {
    return [];
  }
  // The sentence may run over several comment lines.
  const opening = /^(?:#!.*\n)?((?:\/\/.*\n)+|\/\*\*?[\s\S]*?\*\/)/.exec(text)?.[1] ?? '';
  const words = opening.replaceAll(/^\s*(\/\/|\/?\*+\/?)/gm, '').trim();
  return /^\S[\s\S]*\.(\s|$)/.test(words) && words.split(/\s+/).length >= 4
    ? []
    : ['open the file with one comment sentence that says what it is for'];
};

/** The error table is one list by decision. */
export const isShort: TidyRule = ({ path, text }) => {
  const lines = text.split('\n').length - 1;
  const isSource = /\.(ts|mjs|cjs|js)$/.test(path) && path !== 'lib/domain/errors.ts';
  return isSource && lines > linesMax ? [`${lines} lines, at most ${linesMax}: it is two things, split it`] : [];
};

/** If no noun fits, the thing is two things. The last word is the noun: base-backup says something, backup-base does not. */
export const isNamedForItsThing: TidyRule = ({ path }) => {
  const names = [...dirname(path).split('/'), basename(path).split('.')[0] ?? ''];
  const nouns = names.map((name) => name.split('-').at(-1) ?? '');
  return nouns
    .filter((noun) => bannedNames.includes(noun.toLowerCase()))
    .map((noun) => `'${noun}' in the path says nothing: name it for the thing it is`);
};

export const isKebabCase: TidyRule = ({ path }) => {
  const isSource = /^(lib|functions|cli|scripts|test|bench)\/.*\.(ts|mjs|cjs|js)$/.test(path);
  return isSource && /[A-Z_]/.test(path) ? ['files and folders are named in kebab-case'] : [];
};

/** A note without an issue is a promise that nobody keeps. */
export const hasNoLooseNotes: TidyRule = ({ path, text }) => {
  if (!/\.(ts|mjs|cjs|js|ya?ml|sh)$/.test(path)) {
    return [];
  }
  const note = new RegExp(`\\b(${'TO' + 'DO'}|${'FIX' + 'ME'})\\b(?!.*#\\d+)`);
  return placesOf(text, note).map((place) => `line ${place}: a note of work to do needs its issue number (#12)`);
};

/** A barrel hides which file is really used and makes cycles. */
export const isNoBarrel: TidyRule = ({ path }) =>
  /^lib\/.*(^|\/)index\.ts$/.test(path) ? ['no index.ts inside a layer: import the file that has the thing'] : [];

/** Every folder of lib must be a layer with import rules: in a folder unknown to them everything would be allowed. */
export function isInKnownLayer(layers: readonly string[]): TidyRule {
  return ({ path }) => {
    const layer = /^lib\/([^/]+)\//.exec(path)?.[1];
    return layer === undefined || layers.includes(layer)
      ? []
      : [`'lib/${layer}' is no known layer: add it to test/architecture/layers.json and give it an import rule`];
  };
}

// Assembled from pieces, so that this file does not itself contain what it forbids.
const dot = '\\.';
const registryHosts = [
  ['registry', 'npmjs'],
  ['registry', 'yarnpkg'],
  ['npm', 'pkg', 'github'],
  ['pypi', 'org'],
  ['files', 'pythonhosted'],
  ['proxy', 'golang'],
  ['sum', 'golang'],
  ['static', 'crates', 'io'],
  ['index', 'crates', 'io'],
  ['deb', 'debian', 'org'],
  ['security', 'debian', 'org'],
  ['archive', 'ubuntu', 'com'],
  ['repo1?', 'maven'],
  ['rubygems', 'org'],
].map((pieces) => pieces.join(dot));
const hostPattern = new RegExp(`(?<![\\w.-])(${registryHosts.join('|')})\\b`);
const homePattern = new RegExp(
  `(?<![\\w.~$}/-])/(${['ho' + 'me', 'Us' + 'ers', 'wo' + 'rk', 'fa' + 'rm'].join('|')})/[\\w.-]+`,
);

/** Who installs behind a mirror must not be led around it. */
export const namesNoRegistry: TidyRule = ({ text }) =>
  placesOf(text, hostPattern).map(
    (place) => `line ${place}: names the host of a package registry: leave that to the machine's settings`,
  );

export const namesNoDeveloperFolder: TidyRule = ({ text }) =>
  placesOf(text, homePattern).map(
    (place) => `line ${place}: an absolute path of a developer's machine: make it relative or configurable`,
  );

function placesOf(text: string, pattern: RegExp): readonly number[] {
  return text.split('\n').flatMap((line, index) => (pattern.test(line) ? [index + 1] : []));
}

function isTest(path: string): boolean {
  return path.endsWith('.test.ts');
}
