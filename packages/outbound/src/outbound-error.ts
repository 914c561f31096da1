import type { FailureCode } from '@posthorn/core';

/** A classified failure of a request. `message` is shown to the owner of the webhook. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
