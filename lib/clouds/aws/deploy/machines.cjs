// State machines of serverless.yml: the portable machines with their function names turned into the names of deployed functions,
// and with the task's identity, which every step takes as its idempotency key.
'use strict';

const { globSync, readFileSync } = require('node:fs');
const path = require('node:path');
const { parse } = require('yaml');

const root = path.join(__dirname, '..', '..', '..', '..');
const SUFFIX = '.asl.yaml';

/** Names a function's resource the way the framework does: `backup-begin-backup` becomes `BackupDashbeginDashbackupLambdaFunction`. */
const logicalId = (name) => {
  const normal = name.replaceAll('-', 'Dash').replaceAll('_', 'Underscore');
  return `${normal[0].toUpperCase()}${normal.slice(1)}LambdaFunction`;
};

module.exports = () => {
  const files = globSync(`statemachines/*${SUFFIX}`, { cwd: root }).sort();
  if (files.length === 0) throw new Error('no statemachines/*.asl.yaml found: nothing to deploy');
  return Object.fromEntries(files.map((file) => [machineName(file), machine(file)]));
};

const machineName = (file) => path.basename(file, SUFFIX);
const camel = (name) => name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase());

function machine(file) {
  const definition = parse(readFileSync(path.join(root, file), 'utf8'));
  const name = machineName(file);
  return {
    id: camel(name),
    name: '${self:service}-${sls:stage}-' + name,
    type: 'STANDARD',
    definition: deployable(definition),
  };
}

const TASK_IDENTITY = { 'execution.$': '$$.Execution.Id', 'path.$': '$$.State.EnteredTime', 'attempt.$': '$$.State.RetryCount' };

function deployable(value) {
  if (Array.isArray(value)) return value.map(deployable);
  if (value === null || typeof value !== 'object') return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, field]) => [key, deployable(field)]));
  if (copy.Type !== 'Task') return copy;
  const name = copy.Resource.replace(/^function:/, '').replaceAll('/', '-');
  return { ...copy, Resource: { 'Fn::GetAtt': [logicalId(name), 'Arn'] }, Parameters: { ...copy.Parameters, task: TASK_IDENTITY } };
}
