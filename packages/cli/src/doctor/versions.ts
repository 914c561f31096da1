/** Whether a version such as `20.19.0` is at least another. */
export function isAtLeast(version: string, wanted: string): boolean {
  const [parts, wantedParts] = [version, wanted].map((text) => text.split('.').map(Number));
  for (const [index, part] of wantedParts?.entries() ?? []) {
    const other = parts?.[index] ?? 0;
    if (other !== part) return other > part;
  }
  return true;
}
