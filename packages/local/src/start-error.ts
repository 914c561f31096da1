/** Explains in one line why the stack cannot start, and what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
