// The lint rules of the house: each one finds mistakes or keeps a promise of the structure; layout is prettier's.
import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const tests = ['**/*.test.ts', 'test/**/*.ts'];
const shipped = ['lib/**/*.ts', 'functions/**/*.ts', 'cli/**/*.ts'];
const timeAndIdSources = ['lib/clouds/*/clock.ts', 'lib/clouds/*/ids.ts'];

const useClock =
  'time comes from the clock port, so that tests and replays can set it: use the clock that the caller hands in';
const useIds = 'ids and chance come from the id source, so that a replayed step makes the same ones: use the id source';
const useConfig =
  'only lib/app reads the environment or ends the process: take the value as an argument, throw the error';
const noShell = 'a shell turns a file name into a command: use spawn or execFile with an argument list';

const shellProperties = [
  { object: 'child_process', property: 'exec', message: noShell },
  { object: 'child_process', property: 'execSync', message: noShell },
  { object: 'childProcess', property: 'exec', message: noShell },
  { object: 'childProcess', property: 'execSync', message: noShell },
];
const shellImports = ['node:child_process', 'child_process'].map((name) => ({
  name,
  importNames: ['exec', 'execSync'],
  message: noShell,
}));
const shellSyntax = [
  { selector: 'Property[key.name="shell"][value.value=true]', message: noShell },
  {
    selector:
      'CallExpression[callee.name=/^(spawn|spawnSync|execFile|execFileSync)$/] > ObjectExpression > Property[key.name="shell"]:not([value.raw=/^(true|false)$/])',
    message: noShell,
  },
];
const defaultExports = {
  selector: 'ExportDefaultDeclaration',
  message: 'one name per thing in the whole tree: export it by name',
};

const clockProperties = [
  { object: 'Date', property: 'now', message: useClock },
  { object: 'performance', property: 'now', message: useClock },
  { object: 'process', property: 'hrtime', message: useClock },
  { object: 'crypto', property: 'randomUUID', message: useIds },
  { object: 'Math', property: 'random', message: useIds },
];
const clockImports = [
  { name: 'node:perf_hooks', importNames: ['performance'], message: useClock },
  { name: 'node:crypto', importNames: ['randomUUID'], message: useIds },
];
const clockSyntax = [
  { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: useClock },
  { selector: 'CallExpression[callee.name="Date"]', message: useClock },
];

const environmentProperties = [
  { object: 'process', property: 'env', message: useConfig },
  { object: 'process', property: 'exit', message: useConfig },
];
const environmentImports = [{ name: 'node:process', importNames: ['env', 'exit', 'hrtime'], message: useConfig }];

/** One rule set per place, because a later block replaces a rule's list and does not add to it. */
function restrictions(properties, imports, syntax) {
  return {
    'no-restricted-properties': ['error', ...shellProperties, ...properties],
    'no-restricted-imports': ['error', { paths: [...shellImports, ...imports] }],
    'no-restricted-syntax': ['error', ...shellSyntax, defaultExports, ...syntax],
  };
}

const testProperties = ['test', 'it', 'describe'].map((object) => ({
  object,
  property: 'only',
  message: 'a committed "only" switches all the other tests off',
}));
const mockProperties = ['mock', 'unstable_mockModule', 'doMock'].map((property) => ({
  object: 'jest',
  property,
  message: 'no module mocking: hand in a fake adapter (lib/clouds/local or test/fakes)',
}));

export default defineConfig(
  {
    ignores: [
      'dist/',
      'coverage/',
      '.serverless/',
      'node_modules/',
      'console/',
      'test/architecture/violations/',
      'test/architecture/accepted/',
      // What a foreign package exports by default is not ours to name.
      '**/*.d.ts',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A promise that nobody awaits is a backup that nobody knows to have failed.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/prefer-nullish-coalescing': [
        'error',
        { ignorePrimitives: true, ignoreConditionalTests: true },
      ],
      '@typescript-eslint/prefer-optional-chain': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      eqeqeq: ['error', 'always'],

      // Found no mistakes and asked for many edits: ports have async methods without await, typed arrays need "!".
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-unnecessary-type-arguments': 'off',
      '@typescript-eslint/no-unnecessary-boolean-literal-compare': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/unified-signatures': 'off',

      complexity: ['error', 15],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
      ...restrictions([], [], []),
    },
  },
  {
    files: shipped,
    ignores: [...tests, ...timeAndIdSources],
    rules: restrictions(clockProperties, clockImports, clockSyntax),
  },
  {
    // The error table is one list by decision; a list is not harder to read for being long.
    files: ['lib/domain/errors.ts'],
    rules: { 'max-lines': 'off' },
  },
  {
    files: timeAndIdSources,
    rules: restrictions(environmentProperties, environmentImports, []),
  },
  {
    files: ['lib/**/*.ts', 'functions/**/*.ts'],
    ignores: ['lib/app/**', ...tests, ...timeAndIdSources],
    rules: {
      ...restrictions(
        [...clockProperties, ...environmentProperties],
        [...clockImports, ...environmentImports],
        clockSyntax,
      ),
      // What is printed is not in the log that operators and alarms read, and may show a secret.
      'no-console': 'error',
    },
  },
  {
    files: tests,
    rules: {
      ...restrictions([...testProperties, ...mockProperties], [], []),
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      complexity: 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', globalThis: 'readonly', URL: 'readonly' } },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { module: 'writable', require: 'readonly', __dirname: 'readonly' },
    },
  },
);
