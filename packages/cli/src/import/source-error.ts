interface SourceErrorOptions {
  status?: number;
  body?: string;
  failsEveryRequest?: boolean;
  cause?: unknown;
}

/** A request to the other product failed. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  /** The status of the response. Undefined if there was none. */
  readonly status: number | undefined;
  readonly body: string | undefined;
  /** Whether every other request fails, too. By default, those without access or without a response. */
  readonly failsEveryRequest: boolean;

  constructor(message: string, { status, body, failsEveryRequest, cause }: SourceErrorOptions) {
    super(message, { cause });
    this.status = status;
    this.body = body;
    this.failsEveryRequest = failsEveryRequest ?? (status === undefined || status === 401);
  }
}
