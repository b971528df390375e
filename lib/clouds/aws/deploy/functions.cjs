// Functions of serverless.yml: one per functions/**/function.yml, so that trigger, memory and timeout stand beside the handler.
'use strict';

const { existsSync, globSync, readFileSync } = require('node:fs');
const path = require('node:path');
const { parse } = require('yaml');

const root = path.join(__dirname, '..', '..', '..', '..');

/** `functions/backup/begin-backup/function.yml` becomes the function `backup-begin-backup`. */
const nameOf = (file) => path.dirname(file).split(path.sep).slice(1).join('-');

module.exports = () => {
  const files = globSync('functions/**/function.yml', { cwd: root }).sort();
  if (files.length === 0) throw new Error('no functions/**/function.yml found: nothing to deploy');
  return Object.fromEntries(files.map((file) => [nameOf(file), read(file)]));
};

function read(file) {
  const definition = parse(readFileSync(path.join(root, file), 'utf8'));
  const module = definition.handler.replace(/\.[^.]+$/, '');
  if (!existsSync(path.join(root, `${module}.ts`)))
    throw new Error(`${file} names '${definition.handler}', which does not exist`);
  // Bundles are deployed; the sources only run in a checkout. Without them the package would deploy and no function would start.
  const handler = `dist/${definition.handler}`;
  const bundle = handler.replace(/\.[^.]+$/, '.js');
  if (!existsSync(path.join(root, bundle))) throw new Error(`'${bundle}' is missing: run "npm run build" first`);
  return { ...definition, handler };
}
