import type { BatchResponse } from '@posthorn/contract';

type BatchRejected = Omit<BatchResponse['rejected'][number], 'index'>;

/** Maximum number of errors of all events of a batch together. */
const MAX_ERRORS = 1000;

/** Maximum length of these errors as JSON, in characters. */
const MAX_LENGTH = 256 * 1024;

/** Maximum length of the message of an event, which is not counted. */
const MAX_MESSAGE_LENGTH = 500;

/** Bounds the errors of the events of a batch: of those that it gets first, all are left, and of the others the messages. */
export class BatchErrors {
  #errorsLeft = MAX_ERRORS;
  #lengthLeft = MAX_LENGTH;

  /** @param found the number of errors, if not all of them are named */
  bounded({ code, message, errors }: BatchRejected, found = 0): BatchRejected {
    const kept = (errors ?? []).filter((error) => this.#takes(JSON.stringify(error).length));
    const leftOut = Math.max(found, errors?.length ?? 0) - kept.length;
    return {
      code,
      message: message.slice(0, MAX_MESSAGE_LENGTH),
      ...(errors && { errors: kept }),
      ...(leftOut > 0 && { errorsLeftOut: leftOut }),
    };
  }

  #takes(length: number): boolean {
    if (this.#errorsLeft === 0 || length > this.#lengthLeft) return false;
    this.#errorsLeft -= 1;
    this.#lengthLeft -= length;
    return true;
  }
}
