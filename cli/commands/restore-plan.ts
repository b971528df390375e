// holdfast restore plan: what a restore would do, how long it takes and what stands in its way; changes nothing.

import type { Command } from 'commander';
import type { PlanView } from '../../lib/app/http/views.ts';
import { EXIT } from '../failure.ts';
import { planLines, runCommandOf } from '../plan-report.ts';
import type { Run } from '../program.ts';
import { planRequestOf, withTargetOptions } from '../restore-target.ts';
import type { TargetOptions } from '../restore-target.ts';
import type { Session } from '../session.ts';
import { wordsOf } from '../words.ts';

export function registerRestorePlan(parent: Command, run: Run): void {
  withTargetOptions(
    parent
      .command('plan')
      .description('show what a restore would do; valid for ten minutes')
      .argument('<store>', 'name of the store'),
  ).action(run(restorePlan));
}

async function restorePlan(session: Session, options: TargetOptions, store = ''): Promise<number> {
  const { terminal } = session;
  const api = session.api();
  const plan = await api.post<PlanView>('/api/v1/recovery/plan', planRequestOf(store, options));
  if (session.json) terminal.print(JSON.stringify(plan, null, 2));
  else for (const line of planLines(session, plan, api.now)) terminal.print(line);
  terminal.tell();
  terminal.tell(`${wordsOf(session.lang).next} ${runCommandOf(session, plan)}`);
  return plan.guards.some((guard) => guard.verdict === 'fail') ? EXIT.refused : EXIT.ok;
}
