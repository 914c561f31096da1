interface SourceErrorOptions {
  status?: number;
  body?: string;
  isRedirected?: boolean;
  failsEveryRequest?: boolean;
  cause?: unknown;
}

/** A request to the other product failed. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  /** The status of the response. Undefined if there was none. */
  readonly status: number | undefined;
  readonly body: string | undefined;
  /** Whether the response is that of another address. */
  readonly isRedirected: boolean;
  /** Whether every other request fails, too. By default, those without access or without a response. */
  readonly failsEveryRequest: boolean;

  constructor(message: string, options: SourceErrorOptions) {
    super(message, { cause: options.cause });
    const { status, body, isRedirected = false } = options;
    this.status = status;
    this.body = body;
    this.isRedirected = isRedirected;
    this.failsEveryRequest = options.failsEveryRequest ?? (status === undefined || status === 401);
  }
}
