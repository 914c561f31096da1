import type { CheckedClient } from './checked-client.js';
import type { TestApi } from './start-api.js';

/** The name and value of the cookie in an answer. */
export function cookieOf({ headers }: { headers: Headers }): string {
  return (headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
}

/** A client with headers of its own on every request. */
export function clientWith(client: CheckedClient, own: Record<string, string>): CheckedClient {
  return {
    get: (path, headers) => client.get(path, { ...own, ...headers }),
    post: (path, body, headers) => client.post(path, body, { ...own, ...headers }),
    patch: (path, body, headers) => client.patch(path, body, { ...own, ...headers }),
    delete: (path, headers) => client.delete(path, { ...own, ...headers }),
  };
}

/** A client with the cookie of a new session. */
export async function signIn(api: TestApi, key: string): Promise<CheckedClient> {
  const answer = await api.client().post('/v1/session', { key });
  if (answer.status !== 200) throw new Error(`not signed in: ${JSON.stringify(answer.body)}`);
  return clientWith(api.client(), { cookie: cookieOf(answer) });
}
