// Ends the process if Node is too old, when it is imported. Main programs import it first, because other modules fail with a stack
// trace. It must run on any Node, so it imports nothing.

/** As in package.json. */
export const MINIMUM_NODE = '20.19.0';

/** Returns whether a version such as `20.19.0` is at least `minimum`. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [parts, minimumParts] = [version, minimum].map((text) => text.split('.').map(Number));
  for (const [index, minimumPart] of minimumParts?.entries() ?? []) {
    const part = parts?.[index] ?? 0;
    if (part !== minimumPart) return part > minimumPart;
  }
  return true;
}

if (!isAtLeast(process.versions.node, MINIMUM_NODE)) {
  process.stderr.write(
    `Posthorn requires Node ${MINIMUM_NODE} or later. This is ${process.versions.node} (${process.execPath})\n`,
  );
  process.exit(1);
}
