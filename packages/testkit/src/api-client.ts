export interface ApiResponse {
  status: number;
  headers: Headers;
  /** The parsed JSON; undefined for an empty body. Untyped, so that tests can read any field. */
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

export interface ApiClient {
  get(path: string, headers?: Record<string, string>): Promise<ApiResponse>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiResponse>;
  put(path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiResponse>;
  patch(path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiResponse>;
  delete(path: string, headers?: Record<string, string>): Promise<ApiResponse>;
}

export interface ApiClientOptions {
  /** Rejects a request that takes longer, in milliseconds. Default: no limit. */
  timeoutMs?: number;
  /** Default: fetch. */
  send?: Send;
}

export interface Outgoing {
  method: string;
  headers: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

export type Send = (
  url: URL,
  request: Outgoing,
) => Promise<Pick<Response, 'status' | 'headers' | 'text' | 'body'>>;

/**
 * Creates an HTTP client for the API. Returns the response for every status; rejects only when there is no response.
 * A string body is sent unchanged, any other body as JSON.
 */
export function apiClient(
  baseUrl: string,
  apiKey?: string,
  { timeoutMs, send = fetch }: ApiClientOptions = {},
): ApiClient {
  const call = async (method: string, path: string, { body, headers }: CallOptions): Promise<ApiResponse> => {
    const response = await send(new URL(path, baseUrl), {
      method,
      headers: {
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: parse(await textOf(response)) };
  };
  return {
    get: (path, headers) => call('GET', path, { headers }),
    post: (path, body, headers) => call('POST', path, { body, headers }),
    put: (path, body, headers) => call('PUT', path, { body, headers }),
    patch: (path, body, headers) => call('PATCH', path, { body, headers }),
    delete: (path, headers) => call('DELETE', path, { headers }),
  };
}

interface CallOptions {
  body?: unknown;
  headers: Record<string, string> | undefined;
}

/** Returns the body. A stream of server-sent events never ends, so only the data of its first event is returned. */
async function textOf(response: Awaited<ReturnType<Send>>): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text();
  let text = '';
  // Leaving the loop aborts the request.
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    const data = /^data: (.*)$/m.exec(text)?.[1];
    if (data !== undefined && text.includes(`${data}\n`)) return data;
  }
  return '';
}

/** Parses JSON. Other content, such as /metrics, stays text. */
function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Returns a client whose calls are made by `run`. */
export function runCalls(
  { get, post, put, patch, delete: remove }: ApiClient,
  run: (call: () => Promise<ApiResponse>) => Promise<ApiResponse>,
): ApiClient {
  return {
    get: (...args) => run(() => get(...args)),
    post: (...args) => run(() => post(...args)),
    put: (...args) => run(() => put(...args)),
    patch: (...args) => run(() => patch(...args)),
    delete: (...args) => run(() => remove(...args)),
  };
}
