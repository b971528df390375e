// holdfast restore run: shows the plan, asks, runs it, follows it to its proof. Overwriting needs the typed store name, always:
// neither --yes nor --no-input is enough, and the server demands it too.

import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { AcceptedView } from '../../lib/app/http/operations.ts';
import type { PlanView, RecoveryView } from '../../lib/app/http/views.ts';
import { HoldfastError } from '../../lib/domain/errors.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { followOperations } from '../follow-operation.ts';
import { planLines, runCommandOf } from '../plan-report.ts';
import type { Run } from '../program.ts';
import { recoveryOutcome, showRecovery } from '../recovery-report.ts';
import { planRequestOf, withTargetOptions } from '../restore-target.ts';
import type { TargetOptions } from '../restore-target.ts';
import type { Session } from '../session.ts';
import { wordsOf } from '../words.ts';

interface RunOptions extends TargetOptions {
  readonly plan?: string;
  readonly confirm?: string;
  readonly yes?: boolean;
  /** False with --no-wait. */
  readonly wait: boolean;
}

export function registerRestoreRun(parent: Command, run: Run): void {
  withTargetOptions(
    parent
      .command('run')
      .description('restore: shows the plan, then runs it and proves the result')
      .argument('<store>', 'name of the store'),
  )
    .option('--plan <id>', 'run this plan instead of making one')
    .option('--confirm <store>', 'the exact store name, demanded when live data would be overwritten')
    .option('--yes', 'do not ask before a restore to a new place; never enough to overwrite')
    .option('--no-wait', 'return at once')
    .action(run(restoreRun));
}

async function restoreRun(session: Session, options: RunOptions, store = ''): Promise<number> {
  const api = session.api();
  const agreed = options.plan === undefined ? await agreedPlan(session, store, options) : planOf(options);
  if (agreed === undefined) return EXIT.refused;
  const accepted = await api.post<AcceptedView & { readonly recoveryId: string }>('/api/v1/recovery/run', agreed);
  const { recoveryId } = accepted;
  if (!options.wait) return tellStarted(session, recoveryId);
  await followOperations(session, [recoveryId]);
  const recovery = await api.get<RecoveryView>(`/api/v1/recovery/status/${recoveryId}`);
  if (session.json) session.terminal.print(JSON.stringify(recovery, null, 2));
  else showRecovery(session, recovery, api.now);
  return recoveryOutcome(recovery);
}

interface Agreed {
  readonly planId: string;
  readonly confirm?: string;
}

const TARGET_OPTIONS: readonly (keyof TargetOptions)[] = [
  'backup',
  'location',
  'toDir',
  'toDataDir',
  'toUrl',
  'credentialRef',
  'database',
  'inPlace',
  'table',
  'path',
];

/** A plan was shown already; whatever else is given would contradict it. */
function planOf(options: RunOptions): Agreed {
  if (TARGET_OPTIONS.some((name) => options[name] !== undefined)) {
    throw usageFailure(
      '--plan runs a plan as it was shown; it takes no target and no backup',
      'Drop the other options, or make a new plan.',
    );
  }
  return { planId: options.plan ?? '', ...(options.confirm !== undefined && { confirm: options.confirm }) };
}

/** Undefined: the person said no. */
async function agreedPlan(session: Session, store: string, options: RunOptions): Promise<Agreed | undefined> {
  const api = session.api();
  const plan = await api.post<PlanView>('/api/v1/recovery/plan', planRequestOf(store, options));
  // The plan is no data of this command: its proof is.
  for (const line of planLines(session, plan, api.now)) session.terminal.tell(line);
  session.terminal.tell();
  if (plan.needsConfirmation) return await confirmedByName(session, plan, options.confirm);
  if (!session.canAsk || options.yes === true) return { planId: plan.id };
  const answer = (await ask(`${wordsOf(session.lang).plan.start} `)).toLowerCase();
  if (['', 'y', 'yes', 'д', 'да'].includes(answer)) return { planId: plan.id };
  session.terminal.tell(`${wordsOf(session.lang).next} ${runCommandOf(session, plan)}`);
  return undefined;
}

async function confirmedByName(session: Session, plan: PlanView, given: string | undefined): Promise<Agreed> {
  const typed =
    given ?? (session.canAsk ? await ask(`${wordsOf(session.lang).plan.confirm} [${plan.store}]: `) : undefined);
  if (typed === plan.store) return { planId: plan.id, confirm: typed };
  const { code, title, hint, exit } = new HoldfastError('ConfirmationRequired', '').row;
  const detail =
    typed === undefined
      ? `this restore overwrites '${plan.store}'`
      : `'${typed}' is not the name of the store '${plan.store}'`;
  throw new CliFailure(
    [{ code, title: title[session.lang], detail }],
    `${hint} Run: ${runCommandOf(session, plan)}`,
    exit,
  );
}

async function ask(question: string): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await prompt.question(question)).trim();
  } finally {
    prompt.close();
  }
}

function tellStarted({ terminal, self, lang, json }: Session, recoveryId: string): number {
  terminal.print(json ? JSON.stringify({ recoveryId }, null, 2) : recoveryId);
  terminal.tell(`${wordsOf(lang).next} ${self} restore status ${recoveryId} --wait`);
  return EXIT.ok;
}
