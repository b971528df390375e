// Headers of every answer, also of those that reach no function.

/** An API answers programs: nothing of it may be cached, framed, sniffed or run. */
export const SHARED_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'strict-transport-security': 'max-age=31536000',
};
