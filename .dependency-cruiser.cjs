// Who may import whom: every rule has its reason here and a wrong example in test/architecture/violations that it must reject.
const { join } = require('node:path');

const { slices } = require('./test/architecture/layers.json');

const slice = `^lib/(${slices.join('|')})/`;
const test = '\\.test\\.ts$';
const shipped = '^(lib|functions|cli)/';
const outerLayers = '^(lib/app|functions|cli)/';
// Packages are matched resolved (with node_modules) and bare, because a package that is not installed has no path.
const sdk = '(^|node_modules/)(@aws-sdk|@smithy|@yandex-cloud)/';
const pg = '(^|node_modules/)(pg|pg-[a-z-]+|@types/pg)(/|$)';

/** Every folder of lib except the named ones. */
function anyLayerBut(...layers) {
  return `^lib/(?!(${layers.join('|')})/)`;
}

module.exports = {
  forbidden: [
    {
      name: 'domain-is-pure',
      comment:
        'The rules that decide what is kept, expired or compliant must be provable alone: they see no disk, clock or network.',
      severity: 'error',
      from: { path: '^lib/domain/', pathNot: test },
      to: { pathNot: ['^lib/domain/', '(^|node_modules/)zod(/|$)'] },
    },
    {
      name: 'ports-know-only-domain',
      comment:
        'A port says what the core needs; as soon as it imports an adapter or a package it says what one vendor offers.',
      severity: 'error',
      from: { path: '^lib/ports/', pathNot: test },
      to: { pathNot: '^lib/(domain|ports)/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'ports-use-node-types-only',
      comment: 'A port may name the type of a stream, but code that does something belongs into an adapter.',
      severity: 'error',
      from: { path: '^lib/ports/', pathNot: test },
      to: { dependencyTypes: ['core'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'repository-knows-ports-only',
      comment: 'The storage format must be readable by a restore that has neither catalog nor records nor our cloud.',
      severity: 'error',
      from: { path: '^lib/repository/', pathNot: test },
      to: { path: [anyLayerBut('repository', 'domain', 'ports'), '^(functions|cli)/'] },
    },
    {
      name: 'records-know-ports-only',
      comment:
        'The record protocol is checked by an executable model; what it depends on must be as small as that model.',
      severity: 'error',
      from: { path: '^lib/records/', pathNot: test },
      to: { path: [anyLayerBut('records', 'domain', 'ports'), '^(functions|cli)/'] },
    },
    {
      name: 'jobs-look-down-only',
      comment:
        'Long work (heartbeats, workers) is one mechanism for every slice; if it knew a slice it would have to know all.',
      severity: 'error',
      from: { path: '^lib/jobs/', pathNot: test },
      to: { path: [anyLayerBut('jobs', 'records', 'domain', 'ports'), '^(functions|cli)/'] },
    },
    {
      name: 'flows-know-ports-only',
      comment: 'What a machine may say is the same on every platform, so its rules may know none of them and no step.',
      severity: 'error',
      from: { path: '^lib/flows/', pathNot: test },
      to: { path: [anyLayerBut('flows', 'domain', 'ports'), '^(functions|cli)/'] },
    },
    {
      name: 'slices-know-no-adapters',
      comment:
        'A step that knows its cloud or engine cannot be tested without it, and the next engine would change it.',
      severity: 'error',
      from: { path: slice, pathNot: test },
      to: { path: ['^lib/(engines|clouds|protocols)/', outerLayers, sdk] },
    },
    {
      name: 'slices-do-not-cross',
      comment:
        'What two slices share moves down to domain, records, jobs or repository; else a change of one breaks the other.',
      severity: 'error',
      from: { path: slice, pathNot: test },
      to: { path: slice, pathNot: '^lib/$1/' },
    },
    {
      name: 'protocols-know-ports-only',
      comment: 'Wire code is shared by clouds and engines, so it may know neither, nor what the bytes are used for.',
      severity: 'error',
      from: { path: '^lib/protocols/', pathNot: test },
      to: { path: [anyLayerBut('protocols', 'domain', 'ports'), '^(functions|cli)/'] },
    },
    {
      name: 'engine-is-an-island',
      comment: 'One engine is one folder and one image: an import of its sibling, of a cloud or of a slice ends that.',
      severity: 'error',
      from: { path: '^lib/engines/([^/]+)/', pathNot: test },
      to: { path: [anyLayerBut('protocols', 'domain', 'ports'), '^(functions|cli)/'], pathNot: '^lib/engines/$1/' },
    },
    {
      name: 'cloud-is-an-island',
      comment: 'Leaving a cloud must be possible by deleting its folder; what two clouds share is a protocol.',
      severity: 'error',
      from: { path: '^lib/clouds/([^/]+)/', pathNot: test },
      to: {
        path: [anyLayerBut('protocols', 'flows', 'domain', 'ports'), '^(functions|cli)/'],
        pathNot: '^lib/clouds/$1/',
      },
    },
    {
      name: 'adapters-only-through-registry',
      comment:
        'Adding an engine or a cloud is one folder and one line; a second place that names it would be forgotten.',
      severity: 'error',
      from: {
        path: shipped,
        pathNot: ['^lib/(engines|clouds)/registry\\.ts$', '^lib/(engines|clouds)/[^/]+/', test],
      },
      to: { path: '^lib/(engines|clouds)/[^/]+/' },
    },
    {
      name: 'sdk-only-at-the-edge',
      comment:
        'Vendor errors, retries and types stop at the adapter, which translates them; measured start-up cost stays there too.',
      severity: 'error',
      from: { path: shipped, pathNot: ['^lib/(clouds|protocols)/', test] },
      to: { path: sdk },
    },
    {
      name: 'pg-only-in-postgresql',
      comment:
        'The driver reuses its buffers and forgets failed queries: the rules against that are kept in one place.',
      severity: 'error',
      from: { pathNot: ['^lib/(engines|protocols)/postgresql/', '^(test|scripts|bench)/', test] },
      to: { path: pg },
    },
    {
      name: 'functions-stay-thin',
      comment:
        'A handler parses, calls its slice and answers; logic in it would not run in the embedded platform tests.',
      severity: 'error',
      from: { path: '^functions/([^/]+)/', pathNot: ['^functions/(http|events|tick)/', test] },
      to: { path: '^(lib|cli|functions)/', pathNot: ['^lib/app/', '^lib/$1/', '^functions/$1/'] },
    },
    {
      name: 'entry-functions-stay-thin',
      comment:
        'HTTP, events and the tick only translate the outside call into one of the application; they decide nothing.',
      severity: 'error',
      from: { path: '^functions/(http|events|tick)/', pathNot: test },
      to: { path: '^(lib|cli|functions)/', pathNot: ['^lib/(app|scheduling)/', '^functions/$1/'] },
    },
    {
      name: 'cli-talks-through-app',
      comment: 'What the command line can do the API can do: it has no way of its own to the data.',
      severity: 'error',
      from: { path: '^cli/', pathNot: test },
      to: { path: '^(lib|functions)/', pathNot: '^lib/(app|domain)/' },
    },
    {
      name: 'no-cycles',
      comment:
        'A cycle makes the order of loading decide what is defined. Cycles of types alone are harmless and allowed.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nothing imports and that imports nothing is dead, or somebody forgot to register it.',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: [
          test,
          '\\.d\\.ts$',
          '^(test|scripts|bench|examples)/',
          '^functions/.+/handler\\.ts$',
          '^lib/app/worker-main\\.ts$',
          '^cli/main\\.ts$',
        ],
      },
      to: {},
    },
    {
      name: 'no-dev-dependencies',
      comment: 'An installed package has no development dependencies: the import would fail at the customer only.',
      severity: 'error',
      from: { path: shipped, pathNot: test },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'dependencies-are-declared',
      comment: 'A package that only another package brings along can vanish or change its major without notice.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'not-to-unresolvable',
      comment: 'A name that does not resolve escapes every rule that matches by path, so it is an error of its own.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'tests-never-imported',
      comment: 'A test file that is imported runs twice, or carries test doubles into what is shipped.',
      severity: 'error',
      from: {},
      to: { path: test },
    },
    {
      name: 'shipped-code-knows-no-tests',
      comment: 'Fakes and servers for tests must not reach an installed package.',
      severity: 'error',
      from: { path: shipped, pathNot: test },
      to: { path: '^(test|scripts|bench|examples)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(test/architecture/(violations|accepted)|dist|coverage)/' },
    // Imports of types show the direction of knowledge as well as imports of code.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: join(__dirname, 'tsconfig.json') },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.cjs', '.json', '.d.ts'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
  },
};
