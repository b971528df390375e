// A small real SMTP receiver on every address of this machine: takes mails, can refuse a recipient, ask for a login, or fall silent.

import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body as they came, dots unstuffed. */
  readonly text: string;
}

export interface SmtpSinkOptions {
  readonly login?: { readonly user: string; readonly password: string };
  readonly refusedRecipients?: readonly string[];
  /** Accepts the connection and says nothing. */
  readonly isSilent?: boolean;
}

export interface SmtpSink {
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
  close(): Promise<void>;
}

export async function smtpSink(options: SmtpSinkOptions = {}): Promise<SmtpSink> {
  const mails: ReceivedMail[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    if (options.isSilent !== true) converse(socket, options, (mail) => mails.push(mail));
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    mails,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

function converse(socket: Socket, options: SmtpSinkOptions, take: (mail: ReceivedMail) => void): void {
  let buffered = '';
  let isData = false;
  let isLoggedIn = options.login === undefined;
  let from = '';
  let to: string[] = [];
  const say = (line: string): void => void socket.write(`${line}\r\n`);
  const command = (line: string): void => {
    const verb = line.slice(0, 4).toUpperCase();
    const address = /<([^>]*)>/.exec(line)?.[1] ?? '';
    if (verb === 'EHLO') say(options.login === undefined ? '250 sink' : '250-sink\r\n250 AUTH PLAIN');
    else if (verb === 'AUTH') {
      const [, user, password] = Buffer.from(line.split(' ')[2] ?? '', 'base64')
        .toString()
        .split('\0');
      isLoggedIn = user === options.login?.user && password === options.login?.password;
      say(isLoggedIn ? '235 welcome' : `535 wrong password ${password ?? ''}`);
    } else if (verb === 'MAIL') {
      [from, to] = [address, []];
      say(isLoggedIn ? '250 ok' : '530 login first');
    } else if (verb === 'RCPT') {
      const isRefused = options.refusedRecipients?.includes(address) === true;
      if (!isRefused) to.push(address);
      say(isRefused ? '550 no such person' : '250 ok');
    } else if (verb === 'DATA') {
      isData = true;
      say('354 go on');
    } else if (verb === 'QUIT') socket.end('221 bye\r\n');
    else say(verb === 'STAR' ? '502 not here' : '250 ok');
  };
  socket.on('data', (piece) => {
    buffered += piece.toString('utf8');
    for (;;) {
      const end = buffered.indexOf(isData ? '\r\n.\r\n' : '\r\n');
      if (end === -1) return;
      const part = buffered.slice(0, end);
      buffered = buffered.slice(end + (isData ? 5 : 2));
      if (!isData) {
        command(part);
        continue;
      }
      isData = false;
      take({ from, to, text: part.replaceAll('\r\n..', '\r\n.') });
      say('250 taken');
    }
  });
  say('220 sink');
}
