// Notices over real sockets: what a webhook and a mail server receive, and how every refusal is told without a secret.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { HoldfastError } from '../../lib/domain/errors.ts';
import { Secret } from '../../lib/domain/secret.ts';
import type { Notice } from '../../lib/ports/notifier.ts';
import type { SecretSource } from '../../lib/ports/secret-source.ts';
import { smtpNotifier } from '../../lib/protocols/smtp/notifier.ts';
import type { SmtpSettings } from '../../lib/protocols/smtp/notifier.ts';
import { webhookNotifier } from '../../lib/protocols/webhook/notifier.ts';
import type { WebhookSettings } from '../../lib/protocols/webhook/notifier.ts';
import { aStorePolicy } from '../builders/store-policy.ts';
import { fixedClock } from '../fakes/fixed-clock.ts';
import { testPlatform } from '../flows/test-platform.ts';
import { smtpSink } from './smtp-sink.ts';
import type { SmtpSink } from './smtp-sink.ts';

const secretsOf = (values: Readonly<Record<string, string>>): SecretSource => ({
  read: async (reference) => {
    const value = values[reference];
    if (value === undefined) throw new HoldfastError('NotFound', `no secret '${reference}'`);
    return new Secret(value);
  },
});

const aNotice = (changes: Partial<Notice> = {}): Notice => ({
  key: 'holdfast/payment/payment-db',
  severity: 'critical',
  isResolved: false,
  subject: 'backup failed: payment/payment-db',
  lines: ['Since 2 Jan 2026 03:04 UTC.', 'Still restorable to 1 Jan 2026 02:00 UTC.'],
  at: '2026-01-02T03:04:05.000Z',
  ...changes,
});

/** Everything of an error that could reach a log or a person. */
const told = (failure: unknown): string =>
  `${String(failure)} ${JSON.stringify(failure)} ${(failure as Error).stack ?? ''}`;

describe('webhook', () => {
  let server: Server;
  let base: string;
  let received: { path: string; headers: IncomingMessage['headers']; body: any }[];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  beforeEach(async () => {
    received = [];
    answer = (_request, response) => void response.end('ok');
    server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        received.push({
          path: request.url ?? '',
          headers: request.headers,
          body: JSON.parse(Buffer.concat(pieces).toString() || 'null'),
        });
        answer(request, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const notifier = (changes: Partial<WebhookSettings> = {}) =>
    webhookNotifier({
      url: `${base}/hook`,
      urlRef: undefined,
      secrets: secretsOf({ 'env:HOOK': `${base}/services/T0/B0/s3cret\n` }),
      clock: fixedClock(),
      ...changes,
    });

  test('a notice - posted as Slack text and blocks', async () => {
    await notifier().send(aNotice());

    expect(received[0]).toMatchObject({
      path: '/hook',
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
    expect(received[0]?.body.text).toBe(
      '🔴 backup failed: payment/payment-db\nSince 2 Jan 2026 03:04 UTC.\nStill restorable to 1 Jan 2026 02:00 UTC.',
    );
    expect(received[0]?.body.blocks[0]).toMatchObject({ type: 'header', text: { type: 'plain_text' } });
  });

  test('a resolved notice - green', async () => {
    await notifier().send(aNotice({ isResolved: true, severity: 'info' }));

    expect(received[0]?.body.text).toMatch(/^🟢/);
  });

  test('control characters of Slack in a name - escaped, nobody is called', async () => {
    await notifier().send(aNotice({ subject: 'failed: <!channel> & <@U1>', lines: ['<!here>'] }));

    expect(received[0]?.body.text).toBe('🔴 failed: &lt;!channel&gt; &amp; &lt;@U1&gt;\n&lt;!here&gt;');
    expect(received[0]?.body.blocks[1].text.text).toBe('&lt;!here&gt;');
  });

  test('lines longer than Slack takes - cut, not refused', async () => {
    await notifier().send(aNotice({ lines: ['x'.repeat(5000)] }));

    expect(received[0]?.body.blocks[1].text.text.length).toBeLessThanOrEqual(3000);
  });

  test('the URL by reference - read at the moment of sending', async () => {
    await notifier({ url: undefined, urlRef: 'env:HOOK' }).send(aNotice());

    expect(received[0]?.path).toBe('/services/T0/B0/s3cret');
  });

  test.each([
    ['an error status', 500, 'server trouble'],
    ['no such hook', 404, 'no_service'],
  ])('%s - NotificationFailed with status and words, without the secret path', async (_what, status, words) => {
    answer = (_request, response) => void response.writeHead(status).end(words);

    const failure = await notifier({ url: undefined, urlRef: 'env:HOOK' })
      .send(aNotice())
      .catch((error: unknown) => error as HoldfastError);

    expect(failure).toMatchObject({
      name: 'NotificationFailed',
      message: expect.stringContaining(`${status}: ${words}`),
    });
    expect(told(failure)).not.toContain('s3cret');
  });

  test('a redirect - not followed', async () => {
    answer = (_request, response) => void response.writeHead(302, { location: `${base}/elsewhere` }).end();

    await expect(notifier().send(aNotice())).rejects.toMatchObject({ name: 'NotificationFailed' });
    expect(received.map(({ path }) => path)).toEqual(['/hook']);
  });

  test('an endless answer - read to its beginning only', async () => {
    answer = (_request, response) => {
      const timer = setInterval(() => response.write('x'.repeat(1024)), 1);
      response.on('close', () => clearInterval(timer));
    };

    await expect(notifier().send(aNotice())).resolves.toBeUndefined();
  });

  test('nobody listens - NotificationFailed naming host and reason only', async () => {
    const failure = await notifier({ url: 'http://127.0.0.1:1/s3cret' })
      .send(aNotice())
      .catch((error: unknown) => error as HoldfastError);

    expect(failure).toMatchObject({ name: 'NotificationFailed', message: expect.stringContaining('127.0.0.1:1') });
    expect(failure!.message).not.toContain('s3cret');
  });

  test.each(['file:///etc/passwd', 'gopher://x', 'nonsense', ''])(
    'the URL %j - refused before anything is sent',
    async (url) => {
      await expect(notifier({ url }).send(aNotice())).rejects.toMatchObject({ name: 'NotificationFailed' });
      expect(received).toEqual([]);
    },
  );
});

describe('mail', () => {
  let sink: SmtpSink;
  afterEach(async () => await sink.close());

  const notifier = (changes: Partial<SmtpSettings> = {}) =>
    smtpNotifier({
      host: '127.0.0.1',
      port: sink.port,
      from: 'holdfast@example.org',
      to: ['oncall@example.org', 'owner@example.org'],
      credentialRef: undefined,
      secrets: secretsOf({ 'env:MAIL': 'robot:s3cret:with:colons\n' }),
      clock: fixedClock(),
      ...changes,
    });

  test('a notice - one text mail to all, Russian readable', async () => {
    sink = await smtpSink();

    await notifier().send(
      aNotice({ subject: 'сбой резервного копирования: payment/payment-db', lines: ['Восстановить нечего.'] }),
    );

    const [mail] = sink.mails;
    expect(mail).toMatchObject({ from: 'holdfast@example.org', to: ['oncall@example.org', 'owner@example.org'] });
    expect(mail?.text).toContain('Auto-Submitted: auto-generated');
    expect(mail?.text).toContain('References: <holdfast.payment.payment-db@holdfast>');
    const [, body = ''] = mail?.text.split('\r\n\r\n') ?? [];
    expect(Buffer.from(body, /base64/.test(mail!.text) ? 'base64' : 'utf8').toString() + mail!.text).toMatch(
      /Восстановить нечего|=D0=92/,
    );
  });

  test('a line break in a subject - no header of its own', async () => {
    sink = await smtpSink();

    await notifier().send(aNotice({ subject: 'x\r\nBcc: spy@example.org' }));

    expect(sink.mails[0]?.text).not.toMatch(/^Bcc:/m);
    expect(sink.mails[0]?.to).not.toContain('spy@example.org');
  });

  test('a login by reference - sent; a password may hold colons', async () => {
    sink = await smtpSink({ login: { user: 'robot', password: 's3cret:with:colons' } });

    await notifier({ credentialRef: 'env:MAIL' }).send(aNotice());

    expect(sink.mails).toHaveLength(1);
  });

  test('a wrong login - NotificationFailed with the code, without the password that the server repeats', async () => {
    sink = await smtpSink({ login: { user: 'robot', password: 'other' } });

    const failure = await notifier({ credentialRef: 'env:MAIL' })
      .send(aNotice())
      .catch((error: unknown) => error as HoldfastError);

    expect(failure).toMatchObject({ name: 'NotificationFailed', message: expect.stringContaining('535') });
    expect(told(failure)).not.toContain('s3cret');
  });

  test('one of two recipients refused - the other one is told, once', async () => {
    sink = await smtpSink({ refusedRecipients: ['owner@example.org'] });

    await notifier().send(aNotice());

    expect(sink.mails.map((mail) => mail.to)).toEqual([['oncall@example.org']]);
  });

  test('every recipient refused - NotificationFailed', async () => {
    sink = await smtpSink({ refusedRecipients: ['oncall@example.org', 'owner@example.org'] });

    await expect(notifier().send(aNotice())).rejects.toMatchObject({ name: 'NotificationFailed' });
  });

  test('a server that says nothing - NotificationFailed after the timeout', async () => {
    sink = await smtpSink({ isSilent: true });

    await expect(notifier().send(aNotice())).rejects.toMatchObject({ name: 'NotificationFailed' });
  }, 20_000);

  test('another machine without TLS - refused, nothing is sent in the clear', async () => {
    sink = await smtpSink();

    await expect(notifier({ host: '127.0.0.2' }).send(aNotice())).rejects.toMatchObject({ name: 'NotificationFailed' });
    expect(sink.mails).toEqual([]);
  });
});

describe('a whole failure', () => {
  test('a failed backup while the webhook is down - told by mail, and its record is as it was', async () => {
    const sink = await smtpSink();
    const platform = testPlatform({ policies: [aStorePolicy()] });
    const secrets = secretsOf({});
    const notifiers = [
      webhookNotifier({ url: 'http://127.0.0.1:1/', urlRef: undefined, secrets, clock: platform.clock }),
      smtpNotifier({
        host: '127.0.0.1',
        port: sink.port,
        from: 'holdfast@example.org',
        to: ['oncall@example.org'],
        credentialRef: undefined,
        secrets,
        clock: platform.clock,
      }),
    ];
    const { noticeStateChange } = await import('../../lib/monitoring/notice-state-change.ts');
    const { aBackupRecord, aCause } = await import('../builders/backup-record.ts');
    const { createBackupWrites, loadBackup } = await import('../../lib/records/backups.ts');
    const record = aBackupRecord({ status: 'failed', cause: aCause() });
    await platform.catalog.transact([...createBackupWrites(record)]);

    await noticeStateChange({ ...platform, notifiers }, { backupId: record.id });

    expect(sink.mails).toHaveLength(1);
    expect(sink.mails[0]?.text).toContain('Subject: [holdfast] nothing can be restored: orders/orders-db');
    expect(await loadBackup(platform.catalog, record.id)).toEqual(record);
    await platform.close();
    await sink.close();
  });
});
