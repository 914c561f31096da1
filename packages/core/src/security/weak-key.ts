import { type FieldProblem, fieldProblem } from '../messages/field-error.js';

/** A random key of 16 bytes, or of 16 decimal digits, has fewer in one of two million cases. */
const MIN_DIFFERENT_BYTES = 4;

/** Returns what is wrong with a weak key. */
export const weakKey = (): FieldProblem => fieldProblem('weak_key', { min: MIN_DIFFERENT_BYTES });

/** Returns whether a key cannot be random because it repeats a few bytes: spaces, zeros, or one letter. */
export function isWeakKey(key: Uint8Array): boolean {
  return new Set(key).size < MIN_DIFFERENT_BYTES;
}
