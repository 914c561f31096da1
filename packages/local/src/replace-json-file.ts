import { renameSync, writeFileSync } from 'node:fs';

/** Replaces a file atomically. Only its owner can read it. */
export function replaceJsonFile(file: string, value: unknown): void {
  const next = `${file}.next`;
  writeFileSync(next, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(next, file);
}
