export interface ApiResponse {
  status: number;
  headers: Headers;
  /** The parsed JSON, undefined for an empty body. Tests look into it freely. */
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

export interface ApiClient {
  get(path: string, headers?: Record<string, string>): Promise<ApiResponse>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiResponse>;
  patch(path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiResponse>;
  delete(path: string, headers?: Record<string, string>): Promise<ApiResponse>;
}

/** The HTTP API as a test sees it: no error is thrown for any status. A string body is sent as it is. */
export function apiClient(baseUrl: string, apiKey?: string): ApiClient {
  const call = async (method: string, path: string, { body, headers }: CallOptions): Promise<ApiResponse> => {
    const response = await fetch(new URL(path, baseUrl), {
      method,
      headers: {
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: parse(await textOf(response)) };
  };
  return {
    get: (path, headers) => call('GET', path, { headers }),
    post: (path, body, headers) => call('POST', path, { body, headers }),
    patch: (path, body, headers) => call('PATCH', path, { body, headers }),
    delete: (path, headers) => call('DELETE', path, { headers }),
  };
}

interface CallOptions {
  body?: unknown;
  headers: Record<string, string> | undefined;
}

/** Of server-sent events, which have no end, the data of the first. */
async function textOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text();
  let text = '';
  // Leaving the loop ends the request.
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    const data = /^data: (.*)$/m.exec(text)?.[1];
    if (data !== undefined && text.includes(`${data}\n`)) return data;
  }
  return '';
}

/** What is not JSON, such as /metrics, stays text. */
function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
