import type { FailureCode } from '@posthorn/core';

/** A failure that is already understood; `message` is for the person who looks after the webhook. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
