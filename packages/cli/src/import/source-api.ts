import { z } from 'zod';
import { parseErrorReason } from '../command/parse-error.js';
import { assertWebUrl } from '../command/web-url.js';
import { type Query, SourceClient } from './source-client.js';
import { SourceError } from './source-error.js';
import { pathOf, type SourcePath } from './source-path.js';

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
   * and a JSON object, and not a proxy before it or another address to which it redirects.
   */
  confirm<Shape extends z.ZodType>(path: SourcePath, shape: Shape): Promise<z.output<Shape> | null>;
}

/** @throws UsageError if the URL is invalid */
export function sourceApi({ url, token }: { url: string; token: string }): SourceApi {
  assertWebUrl('The URL of the source', url);
  const base = withoutLastSlashes(url);
  const client = new SourceClient(token);
  return {
    url: base,
    async get(path, shape, query = {}) {
      const address = `${base}${pathOf(path)}`;
      const body = await client.read(address, query);
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
        if (error instanceof SourceError && isProofOfAbsence(error)) return null;
        throw error;
      }
    },
  };
}

const isProofOfAbsence = ({ status, isRedirected, body }: SourceError): boolean =>
  status === 404 && !isRedirected && isJsonObject(body);

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
