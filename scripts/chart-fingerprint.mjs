// Identifies the chart that deploy/helm/rendered was rendered from. A test compares the two without Helm.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

const chart = path.resolve(import.meta.dirname, '../deploy/helm/posthorn');

/** Files that do not affect deploy/helm/rendered: it contains neither the version nor the alerts, and a schema only rejects values. */
const IGNORED = new Set(['Chart.yaml', 'README.md', '.helmignore', 'files/alerts.yml', 'values.schema.json']);

/** Returns the SHA-256 of the chart's files in hexadecimal. Comments that are not rendered do not change it. */
export function chartFingerprint() {
  const files = readdirSync(chart, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(chart, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((file) => !IGNORED.has(file))
    .toSorted();
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\n`).update(withoutComments(file));
  return hash.digest('hex');
}

function withoutComments(file) {
  const text = readFileSync(path.join(chart, file), 'utf8');
  if (file.endsWith('values.yaml')) return JSON.stringify(parse(text));
  return text.replaceAll(/(?<=\{\{-? ?)\/\*[^]*?\*\//g, '');
}
