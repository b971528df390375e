// Runs every kind of test as a jest project, in ESM mode, with Node's own type stripping as the only transform.
import { existsSync } from 'node:fs';

import { testProjects } from './scripts/test-projects.ts';

const rootDir = import.meta.dirname;
// Without roots jest would crawl node_modules once per project.
const roots = ['lib', 'cli', 'functions', 'scripts', 'test'].map((folder) => `${rootDir}/${folder}`).filter(existsSync);

export default {
  projects: testProjects.map((project) => ({
    displayName: project.name,
    rootDir,
    roots,
    testEnvironment: 'node',
    globals: { testTimeoutSeconds: project.timeoutSeconds },
    setupFilesAfterEnv: [`${rootDir}/scripts/jest-timeout.mjs`],
    testMatch: project.files.map((glob) =>
      glob.startsWith('!') ? `!${rootDir}/${glob.slice(1)}` : `${rootDir}/${glob}`,
    ),
    testPathIgnorePatterns: ['/node_modules/', '/test/architecture/(violations|accepted)/'],
    extensionsToTreatAsEsm: ['.ts'],
    moduleFileExtensions: ['ts', 'mjs', 'js', 'cjs', 'json', 'node'],
    transform: { '\\.ts$': `${rootDir}/scripts/strip-types-transform.mjs` },
  })),
};
