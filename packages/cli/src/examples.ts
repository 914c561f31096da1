/** The end of a help text: how the command is called. */
export function examples(...calls: string[]): string {
  return `\nExamples:\n${calls.map((call) => `  ${call}`).join('\n')}`;
}
