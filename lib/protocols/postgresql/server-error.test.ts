// Every refusal an operator meets has its own name, and no line of a server's text can forge a log line.
import { describe, expect, test } from '@jest/globals';

import { oneLine, translateServerError } from './server-error.ts';

const PLACE = { host: 'db', port: 5432, user: 'backup', database: 'postgres' };
const serverSaid = (code: string, message: string): Error => Object.assign(new Error(message), { code });

describe('server errors', () => {
  test.each([
    ['28P01', 'password authentication failed for user "backup"', 'SourceAuthenticationFailed'],
    ['28000', 'no pg_hba.conf entry for replication connection', 'SourceAuthenticationFailed'],
    ['42501', 'permission denied to start WAL sender', 'SourcePrivilegeMissing'],
    ['3D000', 'database "shop" does not exist', 'NotFound'],
    ['53300', 'sorry, too many clients already', 'SourceUnreachable'],
    ['57P01', 'terminating connection due to administrator command', 'SourceUnreachable'],
    ['58P01', 'requested WAL segment 000000010000000000000001 has already been removed', 'DumpIncomplete'],
    ['55000', 'the standby was promoted during online backup', 'SourceChanged'],
    ['ECONNREFUSED', 'connect ECONNREFUSED', 'SourceUnreachable'],
    ['CERT_HAS_EXPIRED', 'certificate has expired', 'SourceUnreachable'],
    ['', 'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string', 'SourceAuthenticationFailed'],
    ['', 'The server does not support SSL connections', 'SourceUnreachable'],
    ['', 'Connection terminated unexpectedly', 'SourceUnreachable'],
    ['42601', 'syntax error', 'DumpIncomplete'],
  ])('%s %s - %s', (code, message, name) => {
    const error = translateServerError(serverSaid(code, message), 'connect', PLACE);

    expect(error).toMatchObject({ name, facts: { host: 'db', user: 'backup' } });
    expect(error.message).toContain(message);
  });

  test('several addresses refused - the reason of the first one counts', () => {
    const inner = serverSaid('ECONNREFUSED', 'connect ECONNREFUSED ::1:5432');

    expect(translateServerError(new AggregateError([inner]), 'connect', PLACE, 'Internal').name).toBe(
      'SourceUnreachable',
    );
  });

  test('control characters and length - a text is one short line', () => {
    expect(oneLine('a\nb\r\u001b[31mc\u2028d')).toBe('a b [31mc d');
    expect(oneLine('x'.repeat(9000)).length).toBeLessThan(600);
  });
});
