// Serves a platform's API by serverless-offline: the bundles and the routes of serverless.yml, as API Gateway and Lambda would run
// them. `npm run offline -- --config holdfast.yaml [--http-port 7421] [--lambda-port 7422]`
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { homeOf, tokenFileOf } from '../lib/app/home.ts';
import { packageProgram } from './package-program.ts';
import { repositoryRoot } from './repository-root.ts';
import { runProcessOrThrow } from './run-process.ts';

const { values } = parseArgs({
  options: {
    config: { type: 'string', default: process.env['HOLDFAST_CONFIG'] ?? 'holdfast.yaml' },
    'http-port': { type: 'string' },
    'lambda-port': { type: 'string' },
  },
});
const configFile = resolve(values.config);
const tokenFile = tokenFileOf(homeOf(configFile));

if (existsSync(configFile) && existsSync(tokenFile)) {
  process.stdout.write(await runProcessOrThrow(process.execPath, [join(repositoryRoot, 'scripts/build.ts')]));
  process.exitCode = await serve();
} else {
  process.stderr.write(
    `unable to serve '${configFile}': there is no platform; make one: npx holdfast init --config ${values.config}\n`,
  );
  process.exitCode = 2;
}

/** Settles when the server has been stopped. */
async function serve(): Promise<number> {
  const ports = (['http-port', 'lambda-port'] as const).flatMap((name) =>
    // The plugin spells its options in camel case.
    values[name] === undefined ? [] : [name === 'http-port' ? '--httpPort' : '--lambdaPort', values[name]],
  );
  const child = spawn(process.execPath, [packageProgram('serverless'), 'offline', 'start', ...ports], {
    cwd: repositoryRoot,
    stdio: 'inherit',
    env: {
      ...process.env,
      HOLDFAST_CONFIG: configFile,
      HOLDFAST_TOKENS: `file:${tokenFile}`,
      // Without an account nobody answers there, and every start would wait for it.
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
