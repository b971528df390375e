// Starts a script of this folder, or stops with one clear line on a Node.js below 24: older majors skip TypeScript silently.
// It uses only syntax that old versions parse, so that the reader sees this line and not a syntax error.
import module from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

var wantedMajor = 24;
var root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

if (Number(process.versions.node.split('.')[0]) < wantedMajor) {
  console.error(
    'holdfast needs Node.js ' +
      wantedMajor +
      ' or newer and this is ' +
      process.versions.node +
      ': run "npm ci" without omitting optional packages and use "npm run", or install Node.js ' +
      wantedMajor,
  );
  process.exit(1);
}

module.enableCompileCache(path.join(root, 'node_modules', '.cache', 'holdfast', 'compile'));
// Children (checkers, test workers, served processes) start faster with the same cache.
process.env.NODE_COMPILE_CACHE = module.getCompileCacheDir();

if (process.argv[2] !== undefined) {
  process.argv.splice(1, 2, path.join(root, process.argv[2]));
  import(pathToFileURL(process.argv[1]).href);
}
