// Gives each kind of test its own time limit, because jest reads `testTimeout` only for the whole run, not per project.
import { jest } from '@jest/globals';

jest.setTimeout(globalThis.testTimeoutSeconds * 1000);
