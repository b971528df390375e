// Talks to the platform as anybody would: over HTTP with the token that init wrote.
import { readFile } from 'node:fs/promises';

export interface ApiClient {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
}

export async function apiClient(url: string, tokenFile: string): Promise<ApiClient> {
  const { tokens } = JSON.parse(await readFile(tokenFile, 'utf8')) as { tokens: { token: string }[] };
  const headers = { authorization: `Bearer ${tokens[0]?.token ?? ''}`, 'content-type': 'application/json' };
  let calls = 0;
  const call = async <T>(path: string, init: RequestInit): Promise<T> => {
    const response = await fetch(`${url}${path}`, init);
    const body = (await response.json()) as T & { errors?: { title: string; detail: string }[] };
    if (!response.ok)
      throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${JSON.stringify(body.errors ?? body)}`);
    return body;
  };
  return {
    get: async (path) => await call(path, { headers }),
    post: async (path, body) =>
      await call(path, {
        method: 'POST',
        headers: { ...headers, 'idempotency-key': `demo-${process.pid}-${++calls}` },
        body: JSON.stringify(body),
      }),
  };
}
