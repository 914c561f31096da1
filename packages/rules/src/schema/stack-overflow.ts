/** Returns whether V8 reports that functions are nested too deeply. */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Maximum call stack');
}
