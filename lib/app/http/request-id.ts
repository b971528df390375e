// The id of one request, for the answer's header and the log: the caller's own when it is harmless, else the gateway's.

interface Identified {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly requestContext: { readonly requestId: string };
}

const HARMLESS = /^[A-Za-z0-9._:-]{1,64}$/;

export function requestIdOf(event: Identified): string {
  const given = event.headers['x-request-id'];
  return given !== undefined && HARMLESS.test(given) ? given : event.requestContext.requestId;
}
