// Runs chosen tests while working: `npm run jest -- lib/domain` or `npm run jest -- --selectProjects unit`.
import { runJest } from './jest-process.ts';

process.exitCode = await runJest(process.argv.slice(2));
