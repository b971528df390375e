// State machines of serverless.yml: the portable machines with their function names turned into the names of deployed functions,
// with the task's identity, which every step takes as its idempotency key, and with Lambda's own errors among the retried ones.
'use strict';

const { globSync, readFileSync } = require('node:fs');
const path = require('node:path');
const { parse } = require('yaml');

const root = path.join(__dirname, '..', '..', '..', '..');
const SUFFIX = '.asl.yaml';

/** Named by Step Functions or Lambda, not by a step. The step may have run or not; it may run again, so they are tried again. */
const PLATFORM_ERRORS = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
  'Runtime.ExitError',
];

/** Entered twice at one instant is impossible for one state, and a retry does not enter anew: the same attempt of a job. */
const TASK_IDENTITY = {
  'execution.$': '$$.Execution.Id',
  'path.$': "States.Format('{}@{}', $$.State.Name, $$.State.EnteredTime)",
  'attempt.$': '$$.State.RetryCount',
};

module.exports = () => {
  const files = globSync(`statemachines/*${SUFFIX}`, { cwd: root }).sort();
  if (files.length === 0) throw new Error('no statemachines/*.asl.yaml found: nothing to deploy');
  return Object.fromEntries(files.map((file) => [machineName(file), machine(file)]));
};

const machineName = (file) => path.basename(file, SUFFIX);
const camel = (name) => name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase());

function machine(file) {
  const name = machineName(file);
  return {
    id: camel(name),
    name: '${self:service}-${sls:stage}-' + name,
    type: 'STANDARD',
    definition: deployable(parse(readFileSync(path.join(root, file), 'utf8'))),
  };
}

/** Walks the whole definition, because states stand inside of Map and Parallel too. */
function deployable(value) {
  if (Array.isArray(value)) return value.map(deployable);
  if (value === null || typeof value !== 'object') return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, field]) => [key, deployable(field)]));
  return copy.Type === 'Task' ? deployableTask(copy) : copy;
}

function deployableTask(task) {
  const name = task.Resource.replace(/^function:/, '').replaceAll('/', '-');
  return {
    ...task,
    Resource: { 'Fn::GetAtt': [logicalId(name), 'Arn'] },
    Parameters: { ...task.Parameters, task: TASK_IDENTITY },
    ...(task.Retry !== undefined && { Retry: task.Retry.map(withPlatformErrors) }),
  };
}

/** `States.ALL` covers them already and must stand alone. */
const withPlatformErrors = (retrier) =>
  retrier.ErrorEquals.includes('States.ALL')
    ? retrier
    : { ...retrier, ErrorEquals: [...retrier.ErrorEquals, ...PLATFORM_ERRORS] };

/** Names a function's resource the way the framework does: `backup-begin-backup` becomes `BackupDashbeginDashbackupLambdaFunction`. */
function logicalId(name) {
  const normal = name.replaceAll('-', 'Dash').replaceAll('_', 'Underscore');
  return `${normal[0].toUpperCase()}${normal.slice(1)}LambdaFunction`;
}
