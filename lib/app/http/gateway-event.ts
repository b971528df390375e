// A node request as the event of an HTTP API, payload format 2.0: what API Gateway sends, as far as our functions read it.

import type { IncomingMessage } from 'node:http';
import type { HttpEvent } from './http-function.ts';

interface Arrival {
  readonly requestId: string;
  readonly nowMilliseconds: number;
}

export function gatewayEvent(
  request: IncomingMessage,
  body: string | undefined,
  { requestId, nowMilliseconds }: Arrival,
): HttpEvent {
  const [rawPath = '/', rawQueryString = ''] = splitOnce(request.url ?? '/', '?');
  const headers = singleHeaders(request);
  const host = headers['host'] ?? 'localhost';
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers,
    isBase64Encoded: false,
    ...(body !== undefined && { body }),
    requestContext: {
      accountId: 'embedded',
      apiId: 'embedded',
      domainName: host,
      domainPrefix: 'embedded',
      requestId,
      routeKey: '$default',
      stage: '$default',
      time: new Date(nowMilliseconds).toUTCString(),
      timeEpoch: nowMilliseconds,
      http: {
        method: request.method ?? 'GET',
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
    },
  };
}

/** Repeated headers are joined by commas, as the gateway does. */
function singleHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return headers;
}

function splitOnce(text: string, separator: string): readonly string[] {
  const index = text.indexOf(separator);
  return index === -1 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}
