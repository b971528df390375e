// A notice as a text mail. Mails of one trouble form a thread; machines see that they need no answer.

import type { Notice } from '../../ports/notifier.ts';

export interface Envelope {
  readonly from: string;
  readonly to: readonly string[];
}

export function mailOf(notice: Notice, { from, to }: Envelope) {
  const thread = `<${notice.key.replaceAll(/[^A-Za-z0-9._-]+/g, '.')}@holdfast>`;
  return {
    from,
    to: [...to],
    subject: oneLine(`[holdfast] ${notice.subject}`),
    text: `${notice.lines.map(oneLine).join('\n\n')}\n\n--\n${notice.severity} · ${notice.at} · ${notice.key}\n`,
    date: new Date(notice.at),
    references: thread,
    inReplyTo: thread,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Holdfast-Severity': notice.severity },
    priority: notice.severity === 'critical' ? ('high' as const) : ('normal' as const),
  };
}

/** A line break in a subject would be a header. */
const oneLine = (text: string): string => text.replaceAll(/\s*[\r\n]+\s*/g, ' ');
