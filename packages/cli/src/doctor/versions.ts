/** Returns whether a version such as `20.19.0` is at least `minimum`. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [parts, minimumParts] = [version, minimum].map((text) => text.split('.').map(Number));
  for (const [index, minimumPart] of minimumParts?.entries() ?? []) {
    const part = parts?.[index] ?? 0;
    if (part !== minimumPart) return part > minimumPart;
  }
  return true;
}
