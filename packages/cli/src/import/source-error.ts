/** A request to the other product failed. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  /** The status of the response. Undefined if there was none. */
  readonly status: number | undefined;

  constructor(message: string, { status, cause }: { status?: number; cause: unknown }) {
    super(message, { cause });
    this.status = status;
  }
}
