// Identifies the chart that deploy/helm/rendered was rendered from. A test compares the two without Helm.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const chart = path.resolve(import.meta.dirname, '../deploy/helm/posthorn');

/** Files that do not affect deploy/helm/rendered: it contains neither the version nor the alerts. */
const IGNORED = new Set(['Chart.yaml', 'README.md', '.helmignore', 'files/alerts.yml']);

/** Returns the SHA-256 of the chart's files in hexadecimal. */
export function chartFingerprint() {
  const files = readdirSync(chart, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(chart, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((file) => !IGNORED.has(file))
    .toSorted();
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(path.join(chart, file)));
  return hash.digest('hex');
}
