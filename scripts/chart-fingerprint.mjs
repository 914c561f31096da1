// Ties deploy/helm/rendered to the chart that it was rendered from, so that a test without Helm sees when it is out of date.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const chart = path.resolve(import.meta.dirname, '../deploy/helm/posthorn');

/** Chart.yaml does not count: the version is no part of what is rendered there. Nor do the alerts, which are copied as they are. */
const APART = new Set(['Chart.yaml', 'README.md', '.helmignore', 'files/alerts.yml']);

export function chartFingerprint() {
  const files = readdirSync(chart, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(chart, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((file) => !APART.has(file))
    .toSorted();
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(path.join(chart, file)));
  return hash.digest('hex');
}
