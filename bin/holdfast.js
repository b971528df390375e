#!/usr/bin/env node
// Starts the command line under Node.js 24, which it finds beside itself when the machine's own version is older.
// Old versions read this file too, so it has no static imports and no syntax that they do not know.
var wantedMajor = 24;

if (Number(process.versions.node.split('.')[0]) < wantedMajor) {
  startAgainUnderNewerNode();
} else {
  startHere();
}

function startHere() {
  Promise.all([import('node:module'), import('node:fs')])
    .then(function (loaded) {
      // The cache makes the second start of many small files as fast as that of one bundle.
      loaded[0].enableCompileCache();
      var sources = new URL('../cli/main.ts', import.meta.url);
      // Type stripping is refused under node_modules, so an installed package runs its bundle.
      return import(loaded[1].existsSync(sources) ? sources.href : new URL('../dist/cli.js', import.meta.url).href);
    })
    .catch(function (error) {
      console.error(error);
      process.exitCode = 1;
    });
}

function startAgainUnderNewerNode() {
  Promise.all([import('node:fs'), import('node:path'), import('node:url'), import('node:child_process')]).then(
    function (loaded) {
      var path = loaded[1];
      var thisFile = loaded[2].fileURLToPath(import.meta.url);
      var node = findNode(loaded[0], path, path.dirname(thisFile));
      if (node === undefined) {
        console.error(
          'holdfast needs Node.js ' +
            wantedMajor +
            ' or newer and this is ' +
            process.versions.node +
            ': install Node.js ' +
            wantedMajor +
            ', or install holdfast with its optional packages, which bring one',
        );
        process.exitCode = 1;
        return;
      }
      follow(loaded[3].spawn(node, [thisFile].concat(process.argv.slice(2)), { stdio: 'inherit' }));
    },
  );
}

/** Looks into node_modules of this folder and of all folders above, as resolution of packages does. */
function findNode(fs, path, start) {
  var name = 'node-' + process.platform + '-' + process.arch;
  for (var folder = start; ; folder = path.dirname(folder)) {
    var candidate = path.join(folder, 'node_modules', name, 'bin', 'node');
    if (fs.existsSync(candidate)) {
      return candidate;
    }
    if (folder === path.dirname(folder)) {
      return undefined;
    }
  }
}

/** Makes this process look like the child: same exit code, same signal in both directions. */
function follow(child) {
  ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'].forEach(function (signal) {
    process.on(signal, function () {
      // The terminal sends its own signals to both; a second one is harmless, a lost one is not.
      child.kill(signal);
    });
  });
  child.on('error', function (error) {
    console.error('unable to start ' + child.spawnfile + ': ' + error.message);
    process.exitCode = 1;
  });
  child.on('exit', function (code, signal) {
    if (signal === null) {
      process.exitCode = code;
      return;
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
