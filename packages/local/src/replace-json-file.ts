import { renameSync, writeFileSync } from 'node:fs';

/** Readers see the old JSON or the new one, never a part. Only the owner can read it. */
export function replaceJsonFile(file: string, value: unknown): void {
  const next = `${file}.next`;
  writeFileSync(next, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(next, file);
}
