// A notifier that sends text mail over SMTP.

import { createTransport } from 'nodemailer';
import { HoldfastError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Notice, Notifier } from '../../ports/notifier.ts';
import type { SecretSource } from '../../ports/secret-source.ts';
import { mailOf } from './mail.ts';

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  readonly from: string;
  readonly to: readonly string[];
  /** Names `user:password`; without it the server is used without a login. */
  readonly credentialRef: string | undefined;
  readonly secrets: SecretSource;
  readonly clock: Clock;
}

const IMPLICIT_TLS_PORT = 465;
const TIMEOUT_MS = 10_000;
const LOCAL_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '::1'];

export function smtpNotifier(settings: SmtpSettings): Notifier {
  return {
    channel: 'email',
    send: async (notice) => await send(settings, notice),
  };
}

async function send(settings: SmtpSettings, notice: Notice): Promise<void> {
  const auth = await loginOf(settings);
  const isLocal = LOCAL_HOSTS.includes(settings.host);
  const transport = createTransport({
    host: settings.host,
    port: settings.port,
    secure: settings.port === IMPLICIT_TLS_PORT,
    // A login or a message about our systems crosses no network in the clear; on the machine itself nobody stands in between.
    requireTLS: !isLocal && settings.port !== IMPLICIT_TLS_PORT,
    ignoreTLS: isLocal && settings.port !== IMPLICIT_TLS_PORT && auth === undefined,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(auth !== undefined && { auth }),
  });
  try {
    // One dead address must not make the others get the mail again at every attempt: it fails only when nobody was reached.
    await transport.sendMail(mailOf(notice, settings));
  } catch (error) {
    throw failed(settings, reasonOf(error));
  } finally {
    transport.close();
  }
}

async function loginOf({ credentialRef, secrets, host, port }: SmtpSettings) {
  if (credentialRef === undefined) return undefined;
  const text = (await secrets.read(credentialRef)).reveal().trim();
  const separator = text.indexOf(':');
  if (separator < 1) {
    throw new HoldfastError(
      'NotificationFailed',
      `unable to log in to '${host}:${port}': the secret has not the form user:password`,
      { host },
    );
  }
  return { user: text.slice(0, separator), pass: text.slice(separator + 1) };
}

const failed = ({ host, port }: SmtpSettings, why: string): HoldfastError =>
  new HoldfastError('NotificationFailed', `unable to send mail through '${host}:${port}': ${why}`, { host, port });

/** A server's words may repeat the login: only its code and kind are kept. */
function reasonOf(error: unknown): string {
  const { code, responseCode, command } = error as { code?: string; responseCode?: number; command?: string };
  const parts = [
    code,
    responseCode === undefined ? undefined : `answer ${responseCode}`,
    command === undefined ? undefined : `at ${command.split(' ')[0] ?? ''}`,
  ];
  const told = parts.filter((part) => part !== undefined).join(', ');
  return told === '' ? 'unknown reason' : told;
}
