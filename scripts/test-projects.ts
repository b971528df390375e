// Says which test file belongs to which kind of test: jest selects files by this table and the floors are counted by it.
import { matchesGlob } from 'node:path';

export interface TestProject {
  readonly name: string;
  /** Globs relative to the repository; a leading "!" takes files out again. */
  readonly files: readonly string[];
  readonly timeoutSeconds: number;
  /** Real servers and whole-program runs go one at a time: they measure and fill the machine by themselves. */
  readonly isSerial: boolean;
}

export const testProjects: readonly TestProject[] = [
  {
    name: 'unit',
    files: [
      'lib/**/*.test.ts',
      'cli/**/*.test.ts',
      'functions/**/*.test.ts',
      'scripts/**/*.test.ts',
      '!lib/**/*.contract.test.ts',
    ],
    timeoutSeconds: 20,
    isSerial: false,
  },
  {
    name: 'contract',
    files: ['test/contracts/**/*.test.ts', 'lib/**/*.contract.test.ts'],
    timeoutSeconds: 60,
    isSerial: false,
  },
  { name: 'flow', files: ['test/flows/**/*.test.ts'], timeoutSeconds: 60, isSerial: false },
  { name: 'fault', files: ['test/faults/**/*.test.ts'], timeoutSeconds: 120, isSerial: false },
  { name: 'model', files: ['test/model/**/*.test.ts'], timeoutSeconds: 120, isSerial: false },
  { name: 'architecture', files: ['test/architecture/*.test.ts'], timeoutSeconds: 60, isSerial: false },
  {
    name: 'integration',
    files: ['test/integration/**/*.test.ts', 'test/servers/**/*.test.ts'],
    timeoutSeconds: 180,
    isSerial: true,
  },
  { name: 'e2e', files: ['test/e2e/**/*.test.ts'], timeoutSeconds: 300, isSerial: true },
];

/** The project of a file given by its path relative to the repository, or undefined when no project would run it. */
export function projectOf(file: string): string | undefined {
  return testProjects.find((project) => isSelectedBy(project, file))?.name;
}

function isSelectedBy(project: TestProject, file: string): boolean {
  const isTaken = project.files.some((glob) => !glob.startsWith('!') && matchesGlob(file, glob));
  return isTaken && !project.files.some((glob) => glob.startsWith('!') && matchesGlob(file, glob.slice(1)));
}
