/** A request to the other product failed. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  /** The status of the response. Undefined if there was none. */
  readonly status: number | undefined;
  readonly body: string | undefined;

  constructor(message: string, { status, body, cause }: { status?: number; body?: string; cause: unknown }) {
    super(message, { cause });
    this.status = status;
    this.body = body;
  }
}
