// oxlint-disable-next-line no-restricted-imports -- reads the API of another product, not a receiver
import { type CancelableRequest, got, HTTPError } from 'got';
import { SourceError } from './source-error.js';

const TIMEOUT_MS = 30_000;
const MAX_RETRIES = 5;

/** After so many failed requests in a row, requests are not repeated, so that the end is near if the product is down. */
const REPEATED_FAILURES = 3;
const MAX_FAILURES_IN_A_ROW = 10;

const MAX_RESPONSE_MIB = 32;
const MAX_RESPONSE_BYTES = MAX_RESPONSE_MIB * 1024 * 1024;

export type Query = Record<string, string | number | undefined>;

/** Sends the requests of an import to another product, several at the same time. */
export class SourceClient {
  readonly #token: string;
  readonly #requests = new Set<CancelableRequest>();
  #failuresInARow = 0;
  /** Why no request is sent any more. */
  #outage: SourceError | null = null;

  constructor(token: string) {
    this.#token = token;
  }

  /**
   * Returns the body of a response. Repeats failed requests.
   *
   * @throws SourceError if the request fails or the response is too large; the same one for all requests after too many failures in a row
   */
  async read(url: string, query: Query): Promise<string> {
    if (this.#outage !== null) throw this.#outage;
    try {
      const body = await this.#send(url, query);
      this.#failuresInARow = 0;
      return body;
    } catch (error) {
      throw this.#outage ?? this.#counted(error);
    }
  }

  async #send(url: string, query: Query): Promise<string> {
    const searchParams = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
    const request = got(url, {
      searchParams,
      headers: { authorization: `Bearer ${this.#token}`, accept: 'application/json' },
      timeout: { request: TIMEOUT_MS },
      retry: { limit: this.#failuresInARow < REPEATED_FAILURES ? MAX_RETRIES : 0, maxRetryAfter: TIMEOUT_MS },
    });
    let isTooLarge = false;
    void request.on('downloadProgress', ({ transferred }) => {
      if (transferred <= MAX_RESPONSE_BYTES) return;
      isTooLarge = true;
      request.cancel();
    });
    this.#requests.add(request);
    try {
      return await request.text();
    } catch (error) {
      throw isTooLarge ? tooLarge(url) : toSourceError(url, error);
    } finally {
      this.#requests.delete(request);
    }
  }

  /** Returns the error to throw for a failed request: with too many in a row, one that ends all requests. */
  #counted(error: unknown): unknown {
    if (!(error instanceof SourceError)) return error;
    this.#failuresInARow = isOutage(error) ? this.#failuresInARow + 1 : 0;
    if (this.#failuresInARow < MAX_FAILURES_IN_A_ROW) return error;
    this.#outage = new SourceError(
      `${MAX_FAILURES_IN_A_ROW} requests in a row have failed. Repeat the import when the product responds again. The last one: ${error.message}`,
      { failsEveryRequest: true, cause: error },
    );
    for (const request of this.#requests) request.cancel();
    return this.#outage;
  }
}

const TOO_MANY_REQUESTS = 429;

/** Whether the product did not respond, or only that it cannot respond now. */
const isOutage = ({ status, failsEveryRequest }: SourceError): boolean =>
  status === undefined ? failsEveryRequest : status >= 500 || status === TOO_MANY_REQUESTS;

const tooLarge = (url: string): SourceError =>
  new SourceError(
    `${url}: the response is larger than ${MAX_RESPONSE_MIB} MiB, the most that an import reads`,
    {
      failsEveryRequest: false,
    },
  );

function toSourceError(url: string, error: unknown): SourceError {
  if (!(error instanceof HTTPError))
    return new SourceError(`${url}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  const { statusCode: status, statusMessage = '', body, redirectUrls } = error.response;
  const target = redirectUrls.at(-1);
  return new SourceError(
    `${url}: ${status} ${statusMessage}`.trim() + (target ? `, after a redirect to ${target.href}` : ''),
    { status, body: String(body), isRedirected: target !== undefined, cause: error },
  );
}
