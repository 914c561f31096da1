/** Why the stack cannot start or run, in one line that the person at the terminal can act on. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
