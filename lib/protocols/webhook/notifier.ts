// A notifier that posts to a webhook in the form Slack takes, which Mattermost, Rocket.Chat and most others take too.

import { HoldfastError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Notice, Notifier } from '../../ports/notifier.ts';
import type { SecretSource } from '../../ports/secret-source.ts';
import { webhookMessage } from './message.ts';

export interface WebhookSettings {
  /** One of the two: a Slack URL is a secret, an internal one need not be. */
  readonly url: string | undefined;
  readonly urlRef: string | undefined;
  readonly secrets: SecretSource;
  readonly clock: Clock;
}

const TIMEOUT_MS = 10_000;
/** An answer is only looked at for its beginning, to tell what the receiver complained of. */
const ANSWER_BYTES_MAX = 2048;

export function webhookNotifier(settings: WebhookSettings): Notifier {
  return {
    channel: 'webhook',
    send: async (notice) => await post(await urlOf(settings), notice),
  };
}

async function urlOf({ url, urlRef, secrets }: WebhookSettings): Promise<URL> {
  const text = urlRef === undefined ? (url ?? '') : (await secrets.read(urlRef)).reveal().trim();
  const parsed = URL.parse(text);
  if (parsed !== null && (parsed.protocol === 'https:' || parsed.protocol === 'http:')) return parsed;
  throw new HoldfastError(
    'NotificationFailed',
    'unable to use the webhook: its URL does not begin with https:// or http://',
  );
}

/** Host only: the path of such a URL is the secret. */
async function post(url: URL, notice: Notice): Promise<void> {
  const host = url.host;
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'holdfast' },
      body: JSON.stringify(webhookMessage(notice)),
      // A redirect could lead the message, and with it facts about our systems, to any place.
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new HoldfastError('NotificationFailed', `unable to reach webhook '${host}': ${reasonOf(error)}`, { host });
  }
  const answer = await beginningOf(response);
  if (!response.ok) {
    throw new HoldfastError('NotificationFailed', `webhook '${host}' answered ${response.status}: ${answer}`, {
      host,
      status: response.status,
    });
  }
}

/** The cause is not kept as such: fetch errors carry the whole URL. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`;
  const cause: unknown = error.cause;
  if (!(cause instanceof Error)) return 'the request failed';
  const { code } = cause as NodeJS.ErrnoException;
  return code ?? cause.message;
}

/** Reading to the end is not our business, and leaving the rest unread would keep the connection. */
async function beginningOf(response: Response): Promise<string> {
  let text = '';
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  try {
    while (reader !== undefined && text.length < ANSWER_BYTES_MAX) {
      const { done, value } = await reader.read();
      if (done) break;
      text += value;
    }
    await reader?.cancel();
  } catch {
    // The status says enough.
  }
  return (
    text
      .slice(0, ANSWER_BYTES_MAX)
      .replaceAll(/[^\x20-\x7e\u0400-\u04ff]+/g, ' ')
      .trim() || 'nothing'
  );
}
