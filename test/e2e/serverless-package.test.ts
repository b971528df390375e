// What `npm run package:aws` makes, looked at as AWS would: the compiled template and the unpacked zip, made without a network.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';

import { routesByManager } from '../../lib/app/http/all-routes.ts';
import { repositoryRoot } from '../../scripts/repository-root.ts';
import { runProcess, runProcessOrThrow } from '../../scripts/run-process.ts';
import type { ProcessResult } from '../../scripts/run-process.ts';
import { readZip, unpackZip } from './zip-file.ts';

const PACKAGE_SECONDS_MAX = 120;
/** A name space without any interface but a dead loopback; where the system forbids it, the run has the network it has. */
const WITHOUT_NETWORK = ['unshare', '--net', '--user', '--map-root-user', '--'];
const DEPLOYED_FUNCTIONS_MIN = 30;

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

interface DeployedFunction {
  readonly id: string;
  readonly handler: string;
}

let folder: string;
let said: ProcessResult;
let template: Readonly<Record<string, Resource>>;
let zip: ReadonlyMap<string, Buffer>;
let functions: readonly DeployedFunction[];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'holdfast-serverless-'));
  const [program = '', ...programArguments] = [
    ...(await networkCutter()),
    ...['npm', 'run', '--silent', 'package:aws', '--', '--package', path.join(folder, 'package')],
  ];
  said = await runProcess(program, programArguments, {
    cwd: repositoryRoot,
    timeoutSeconds: PACKAGE_SECONDS_MAX,
    env: { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, AWS_PROFILE: undefined },
  });
  if (said.exitCode !== 0) throw new Error(`packaging failed:\n${said.stdout}\n${said.stderr}`);
  const file = path.join(folder, 'package', 'cloudformation-template-update-stack.json');
  template = (JSON.parse(readFileSync(file, 'utf8')) as { Resources: Record<string, Resource> }).Resources;
  zip = readZip(path.join(folder, 'package', 'holdfast.zip'));
  functions = ofType('AWS::Lambda::Function').map(([id, { Properties }]) => ({
    id,
    handler: Properties['Handler'] as string,
  }));
}, PACKAGE_SECONDS_MAX * 1000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function networkCutter(): Promise<readonly string[]> {
  const probe = await runProcess('unshare', [...WITHOUT_NETWORK.slice(1), 'true']).catch(() => undefined);
  return probe?.exitCode === 0 ? WITHOUT_NETWORK : [];
}

const ofType = (type: string): readonly (readonly [string, Resource])[] =>
  Object.entries(template).filter(([, resource]) => resource.Type === type);

/** `${…}` of the definition stand for what the template puts there: the names of the functions. */
function machineOf({ Properties }: Resource): { readonly text: string; readonly functionIds: readonly string[] } {
  const [text, variables] = (Properties['DefinitionString'] as { 'Fn::Sub': [string, Record<string, unknown>] })[
    'Fn::Sub'
  ];
  return { text, functionIds: Object.values(variables).map(idOf) };
}

function idOf(reference: unknown): string {
  const [id = '', attribute] = (reference as { 'Fn::GetAtt': string[] })['Fn::GetAtt'];
  expect(attribute).toBe('Arn');
  return id;
}

describe('npm run package:aws without account and network', () => {
  it('every functions/**/function.yml - is one function of the template, with the time and memory written there', () => {
    const files = globSync('functions/**/function.yml', { cwd: repositoryRoot }).sort();
    const wanted = files.map(
      (file) => parse(readFileSync(path.join(repositoryRoot, file), 'utf8')) as Record<string, unknown>,
    );

    const deployed = new Map(
      ofType('AWS::Lambda::Function').map(([, { Properties }]) => [Properties['Handler'], Properties]),
    );

    expect(files.length).toBeGreaterThanOrEqual(DEPLOYED_FUNCTIONS_MIN);
    expect([...deployed.keys()].sort()).toEqual(wanted.map(({ handler }) => `dist/${handler as string}`).sort());
    for (const { handler, timeout, memorySize } of wanted) {
      expect(deployed.get(`dist/${handler as string}`)).toMatchObject({
        Timeout: timeout,
        MemorySize: memorySize,
        Runtime: 'nodejs24.x',
      });
    }
  });

  it('every functions/**/handler.ts - has a function.yml beside it', () => {
    const handlers = globSync('functions/**/handler.ts', { cwd: repositoryRoot }).map((file) => path.dirname(file));

    expect(functions.map(({ handler }) => path.dirname(handler).replace(/^dist\//, '')).sort()).toEqual(
      handlers.sort(),
    );
  });

  it('every machine of statemachines/ - is valid, calls only functions of the template, and its role may call each of them', () => {
    const files = globSync('statemachines/*.asl.yaml', { cwd: repositoryRoot });
    const machines = ofType('AWS::StepFunctions::StateMachine');

    expect(machines.length).toBe(files.length);
    expect(`${said.stdout}${said.stderr}`.match(/State machine "[\w-]+" definition is valid/g)?.length).toBe(
      files.length,
    );
    for (const [id, machine] of machines) {
      const { text, functionIds } = machineOf(machine);
      const allowed = JSON.stringify(template[idOf(machine.Properties['RoleArn'])]);
      // Nothing of the portable spelling may be left over.
      expect(text).not.toContain('function:');
      expect(functionIds.length).toBeGreaterThan(0);
      for (const functionId of functionIds) {
        expect({ machine: id, function: functionId, type: template[functionId]?.Type }).toMatchObject({
          type: 'AWS::Lambda::Function',
        });
        expect(allowed).toContain(JSON.stringify({ 'Fn::GetAtt': [functionId, 'Arn'] }));
      }
    }
  });

  it('every route of the API - is taken by the function of its own manager', () => {
    const targets = new Map(
      ofType('AWS::ApiGatewayV2::Route').map(([, { Properties }]) => [
        Properties['RouteKey'] as string,
        targetOf(Properties['Target']),
      ]),
    );

    for (const [manager, routes] of Object.entries(routesByManager)) {
      for (const route of routes) {
        const prefix = /^\/api\/v1\/(\w+)\//.exec(route.path)?.[1] ?? '';
        const taken = targets.get(`ANY /api/v1/${prefix}/{proxy+}`) ?? targets.get('$default');
        expect({ route: route.path, taken }).toEqual({
          route: route.path,
          taken: `dist/functions/http/${manager}/handler.handler`,
        });
      }
    }
  });

  it('the unpacked zip alone, far from any node_modules - has every handler, and each one loads', async () => {
    const unpacked = path.join(folder, 'unpacked');
    unpackZip(zip, unpacked);

    const program = `
      const wrong = [];
      for (const handler of ${JSON.stringify(functions.map(({ handler }) => handler))}) {
        const [file, name] = [handler.replace(/\\.[^.]+$/, '.js'), handler.split('.').at(-1)];
        const loaded = await import(${JSON.stringify(unpacked)} + '/' + file).catch((error) => ({ error }));
        if (typeof loaded[name] !== 'function') wrong.push(file + ': ' + (loaded.error ?? 'no function ' + name));
      }
      console.log(JSON.stringify(wrong));`;
    const output = await runProcessOrThrow(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: unpacked,
    });

    expect(JSON.parse(output)).toEqual([]);
  });

  it('the zip - carries no tests, no secrets, no dependencies and no sources', () => {
    const top = new Set([...zip.keys()].map((name) => name.split('/')[0]));

    expect([...zip.keys()].filter((name) => /\.test\.|\.ts$|node_modules|\.env|token/.test(name))).toEqual([]);
    expect(
      [...top].filter((name) => !['bin', 'dist', 'examples', 'package.json', 'statemachines'].includes(name ?? '')),
    ).toEqual([]);
  });
});

function targetOf(target: unknown): string {
  const [, parts] = (target as { 'Fn::Join': [string, unknown[]] })['Fn::Join'];
  const { Ref: integration } = parts.find((part) => typeof part === 'object') as { Ref: string };
  const uri = template[integration]?.Properties['IntegrationUri'];
  return functions.find(({ id }) => id === idOf(uri))?.handler ?? `none of ours: ${JSON.stringify(uri)}`;
}
