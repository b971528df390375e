// A notice as a Slack message: `text` for notifications and simple receivers, `blocks` for people who look at it.

import type { Notice } from '../../ports/notifier.ts';

/** Slack takes sections up to 3,000 characters and headers up to 150. */
const SECTION_LENGTH_MAX = 3000;
const HEADER_LENGTH_MAX = 150;

const MARKS: Readonly<Record<Notice['severity'], string>> = {
  critical: '🔴',
  high: '🔴',
  medium: '🟠',
  low: '🟡',
  info: '⚪',
};

export function webhookMessage(notice: Notice): object {
  const mark = notice.isResolved ? '🟢' : MARKS[notice.severity];
  const title = `${mark} ${notice.subject}`;
  const body = notice.lines.map(escaped).join('\n');
  return {
    text: `${escaped(title)}\n${body}`,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(title, HEADER_LENGTH_MAX), emoji: true } },
      { type: 'section', text: { type: 'mrkdwn', text: cut(body, SECTION_LENGTH_MAX) } },
      {
        type: 'context',
        elements: [{ type: 'mrkdwn', text: escaped(`${notice.severity} · ${notice.at} · ${notice.key}`) }],
      },
    ],
  };
}

/** Slack's three control characters: without this a name such as `<!channel>` would call everybody. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const cut = (text: string, lengthMax: number): string =>
  text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;
