import type { CheckedClient } from './checked-client.js';
import type { TestApi } from './start-api.js';

/** Returns the name and value of the cookie in a response. */
export function cookieOf({ headers }: { headers: Headers }): string {
  return (headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
}

/** Adds headers to every request of a client. */
export function clientWith(client: CheckedClient, own: Record<string, string>): CheckedClient {
  return {
    get: (path, headers) => client.get(path, { ...own, ...headers }),
    post: (path, body, headers) => client.post(path, body, { ...own, ...headers }),
    put: (path, body, headers) => client.put(path, body, { ...own, ...headers }),
    patch: (path, body, headers) => client.patch(path, body, { ...own, ...headers }),
    delete: (path, headers) => client.delete(path, { ...own, ...headers }),
  };
}

/** Signs in and returns a client with the session cookie. */
export async function signIn(api: TestApi, key: string): Promise<CheckedClient> {
  const response = await api.client().post('/v1/session', { key });
  if (response.status !== 200) throw new Error(`failed to sign in: ${JSON.stringify(response.body)}`);
  return clientWith(api.client(), { cookie: cookieOf(response) });
}
