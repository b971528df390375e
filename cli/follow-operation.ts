// Follows long work to its end: one rewritten line on a terminal, plain lines elsewhere (one per 10 % or 30 s).

import { setTimeout as sleep } from 'node:timers/promises';
import type { OperationView } from '../lib/app/http/operations.ts';
import { UNREACHABLE } from './api-client.ts';
import type { ApiClient } from './api-client.ts';
import { CliFailure, EXIT } from './failure.ts';
import { bytesText, percentText, spanText } from './formats.ts';
import type { Session } from './session.ts';
import { cutText } from './text-width.ts';
import { wordsOf } from './words.ts';

const POLL_MS = 500;
const PLAIN_LINE_SECONDS = 30;
const PLAIN_LINE_PERCENT = 10;
/** The platform may be started anew meanwhile; its work goes on, so we wait for it to come back. */
const LOST_POLLS_MAX = 60;

const isSettled = (operation: OperationView): boolean => ['succeeded', 'failed', 'stopped'].includes(operation.status);

/** Settled operations in the order of the ids. Ctrl-C leaves earlier and stops nothing: the work goes on without us. */
export async function followOperations(session: Session, ids: readonly string[]): Promise<readonly OperationView[]> {
  const api = session.api();
  const seen = new Map<string, OperationView>();
  const teller = session.terminal.canRewrite && !session.json ? rewriter(session) : plainTeller(session);
  const interrupt = interruption();
  try {
    for (;;) {
      await refresh(api, ids, seen);
      const operations = ids.flatMap((id) => seen.get(id) ?? []);
      if (operations.every(isSettled)) return operations;
      teller.tell(operations);
      await sleep(POLL_MS, undefined, { signal: interrupt.signal });
    }
  } catch (error) {
    throw interrupt.signal.aborted ? interrupted(session, ids) : error;
  } finally {
    interrupt.release();
    teller.end();
  }
}

/** Asks about what has not ended yet, and waits for a platform that is being started anew. */
async function refresh(api: ApiClient, ids: readonly string[], seen: Map<string, OperationView>): Promise<void> {
  for (let lost = 0; ;) {
    try {
      for (const id of ids) {
        const known = seen.get(id);
        if (known === undefined || !isSettled(known))
          seen.set(id, await api.get<OperationView>(`/api/v1/operations/${id}`));
      }
      return;
    } catch (error) {
      lost += 1;
      if (!isLost(error) || lost > LOST_POLLS_MAX) throw error;
      await sleep(POLL_MS);
    }
  }
}

function interruption(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.once('SIGINT', stop);
  return { signal: controller.signal, release: () => void process.removeListener('SIGINT', stop) };
}

const interrupted = ({ self }: Session, ids: readonly string[]): CliFailure =>
  new CliFailure(
    [{ code: 'INTERRUPTED', title: 'Interrupted', detail: `no longer watching; the work goes on: ${ids.join(', ')}` }],
    `See how it goes: ${self} status`,
    EXIT.interrupted,
  );

const isLost = (error: unknown): boolean => error instanceof CliFailure && error.items[0]?.code === UNREACHABLE;

interface Teller {
  tell(operations: readonly OperationView[]): void;
  end(): void;
}

/** `payment-db  reading the source  78 %  7.3 GiB of 9.4 GiB  212 MiB/s  10 s left` */
export function progressText(operation: OperationView, language: Session['lang']): string {
  const head = `${operation.store}  ${phaseText(operation, language)}`;
  const { progress } = operation;
  if (progress === undefined || progress.done === 0) return head;
  const { done, total, bytesPerSecond, etaSeconds } = progress;
  const parts = [
    head,
    total === undefined ? undefined : percentText(done, total),
    total === undefined ? bytesText(done) : `${bytesText(done)} ${language === 'ru' ? 'из' : 'of'} ${bytesText(total)}`,
    bytesPerSecond === undefined ? undefined : `${bytesText(bytesPerSecond)}/s`,
    etaSeconds === undefined || etaSeconds === 0 ? undefined : leftText(etaSeconds, language),
  ];
  return parts.filter((part) => part !== undefined && part !== '').join('  ');
}

/** The thing's own status in words; a restore and a validation have only "running", so there the kind tells. */
function phaseText({ kind, phase }: OperationView, language: Session['lang']): string {
  const { phases } = wordsOf(language);
  const name = phase !== 'running' || kind === 'backup' ? phase : kind === 'recovery' ? 'restoring' : 'validating';
  const known = kind === 'recovery' && phase === 'validating' ? 'comparing' : name;
  return phases[known] ?? known;
}

const leftText = (seconds: number, language: Session['lang']): string =>
  language === 'ru' ? `осталось ${spanText(seconds, language)}` : `${spanText(seconds, language)} left`;

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

function rewriter({ terminal, lang }: Session): Teller {
  let frame = 0;
  return {
    tell: (operations) => {
      const running = operations.filter((operation) => !isSettled(operation));
      const [first] = running;
      if (first === undefined) return;
      frame = (frame + 1) % FRAMES.length;
      const more = running.length > 1 ? `  +${running.length - 1}` : '';
      const text = `${FRAMES[frame] ?? ''} ${progressText(first, lang)}${more}`;
      terminal.rewrite(cutText(text, terminal.columns - 1));
    },
    end: () => terminal.rewrite(''),
  };
}

/** One line when something can be told: another phase, ten per cent more, or thirty seconds without a line. */
function plainTeller({ terminal, lang }: Session): Teller {
  const told = new Map<string, { readonly mark: string; readonly polls: number }>();
  return {
    tell: (operations) => {
      for (const operation of operations) {
        if (isSettled(operation)) continue;
        const mark = markOf(operation);
        const last = told.get(operation.id);
        const isDue = last?.mark !== mark || last.polls * POLL_MS >= PLAIN_LINE_SECONDS * 1000;
        if (isDue) terminal.tell(progressText(operation, lang));
        told.set(operation.id, { mark, polls: isDue ? 0 : last.polls + 1 });
      }
    },
    end: () => undefined,
  };
}

/** What is worth another line when it changes. */
function markOf({ status, phase, progress }: OperationView): string {
  const { done = 0, total = 0 } = progress ?? {};
  const tenth = total <= 0 ? 0 : Math.floor((done / total) * (100 / PLAIN_LINE_PERCENT));
  return `${status} ${phase} ${tenth}`;
}
