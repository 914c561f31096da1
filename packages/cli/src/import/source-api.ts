// oxlint-disable-next-line no-restricted-imports -- reads the API of another product, not a receiver
import { got, HTTPError } from 'got';
import { z } from 'zod';
import { parseErrorReason } from '../command/parse-error.js';
import { assertWebUrl } from '../command/web-url.js';
import { SourceError } from './source-error.js';
import { pathOf, type SourcePath } from './source-path.js';

const TIMEOUT_MS = 30_000;
const MAX_RETRIES = 5;
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;

/** The API of another product, read with a token. */
export interface SourceApi {
  /** Without a slash at its end. */
  url: string;
  /**
   * Reads a JSON document; repeats failed requests.
   *
   * @throws SourceError if the request fails, the response is too large, or the path has an id that no URL can have
   * @throws Error if the response has another shape
   */
  get<Shape extends z.ZodType>(path: SourcePath, shape: Shape, query?: Query): Promise<z.output<Shape>>;
  /** Like `get`, but returns null if the document is not found. */
  find<Shape extends z.ZodType>(path: SourcePath, shape: Shape): Promise<z.output<Shape> | null>;
  /**
   * Like `find`, for a document whose absence has consequences: null only if the product itself responds that it is not found, with 404
   * and a JSON object, and not a proxy before it.
   */
  confirm<Shape extends z.ZodType>(path: SourcePath, shape: Shape): Promise<z.output<Shape> | null>;
}

export type Query = Record<string, string | number | undefined>;

/** @throws UsageError if the URL is invalid */
export function sourceApi({ url, token }: { url: string; token: string }): SourceApi {
  assertWebUrl('The URL of the source', url);
  const base = withoutLastSlashes(url);
  return {
    url: base,
    async get(path, shape, query = {}) {
      const address = `${base}${pathOf(path)}`;
      const body = await readText(address, token, query);
      const parsed = shape.safeParse(parseJson(body, address));
      if (!parsed.success)
        throw new Error(`${address}: unexpected response: ${z.prettifyError(parsed.error)}`);
      return parsed.data;
    },
    async find(path, shape) {
      try {
        return await this.get(path, shape);
      } catch (error) {
        if (error instanceof SourceError && error.status === 404) return null;
        throw error;
      }
    },
    async confirm(path, shape) {
      try {
        return await this.get(path, shape);
      } catch (error) {
        if (error instanceof SourceError && error.status === 404 && isJsonObject(error.body)) return null;
        throw error;
      }
    },
  };
}

function parseJson(body: string, address: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new Error(`${address}: ${parseErrorReason(error)}`, { cause: error });
  }
}

function isJsonObject(text: string | undefined): boolean {
  try {
    return z.looseObject({}).safeParse(JSON.parse(text ?? '')).success;
  } catch {
    return false;
  }
}

function withoutLastSlashes(url: string): string {
  let end = url.length;
  while (url[end - 1] === '/') end -= 1;
  return url.slice(0, end);
}

async function readText(url: string, token: string, query: Query): Promise<string> {
  const searchParams = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
  const request = got(url, {
    searchParams,
    headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    timeout: { request: TIMEOUT_MS },
    retry: { limit: MAX_RETRIES, maxRetryAfter: TIMEOUT_MS },
  });
  void request.on('downloadProgress', ({ transferred }) => {
    if (transferred > MAX_RESPONSE_BYTES) request.cancel();
  });
  try {
    return await request.text();
  } catch (error) {
    if (error instanceof HTTPError) {
      const { statusCode: status, statusMessage = '', body } = error.response;
      throw new SourceError(`${url}: ${status} ${statusMessage}`.trim(), {
        status,
        body: String(body),
        cause: error,
      });
    }
    throw new SourceError(`${url}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
