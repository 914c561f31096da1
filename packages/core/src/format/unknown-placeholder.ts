/** Returns the message about a placeholder that a template does not know. @param known the names of those that it knows */
export function unknownPlaceholder(name: string, known: readonly string[]): string {
  return `has the unknown placeholder {${name}}; use ${known.map((each) => `{${each}}`).join(', ')}`;
}
