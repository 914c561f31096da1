/** Thrown when a part of flow control is used in a state that does not allow it: a bug. */
export class InvalidStateError extends Error {
  override readonly name = 'InvalidStateError';
}

/** @throws InvalidStateError if `condition` is false */
export function assertState(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvalidStateError(message);
}
