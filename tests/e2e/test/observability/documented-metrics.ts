import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type ObservedRole, ROLES } from './observed-stack.js';

export interface DocumentedMetric {
  name: string;
  type: string;
  labels: string[];
  processes: readonly ObservedRole[];
}

export interface DocumentedLabel {
  /** All possible values; empty if only their number is limited. */
  values: Set<string>;
  atMost: number;
}

const DOCUMENT = readFileSync(path.resolve(import.meta.dirname, '../../../../docs/observability.md'), 'utf8');

/** Returns the rows of the first table below a heading, as cells. */
function rows(heading: string): string[][] {
  const section = DOCUMENT.split(`\n### ${heading}\n`)[1]?.split('\n#')[0];
  if (section === undefined) throw new Error(`docs/observability.md has no heading "${heading}"`);
  return Array.from(section.matchAll(/^\| (`.*) \|$/gm), ([, row = '']) =>
    row.split('|').map((cell) => cell.trim()),
  );
}

const codes = (cell: string): string[] => Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = '']) => code);

/** The metrics in docs/observability.md. */
export const documentedMetrics: DocumentedMetric[] = [
  ...rows('Posthorn metrics').map(([name = '', type = '', labels = '', processes = '']) => ({
    name: codes(name)[0] ?? '',
    type,
    labels: codes(labels),
    processes: ROLES.filter((role) => processes.split(', ').includes(role)),
  })),
  ...rows('Node metrics')
    .filter(([, , , meaning = '']) => process.platform === 'linux' || !meaning.includes('Linux only'))
    .map(([name = '', type = '', labels = '']) => ({
      name: codes(name)[0] ?? '',
      type,
      labels: codes(labels),
      processes: ROLES,
    })),
];

/** The fields of an attempt's log line. */
export const documentedLogFields = rows('Fields of an attempt').map(([field = '']) => codes(field)[0] ?? '');

/** Labels with too many values to list; the code spans in their row are examples. */
const COUNTED = new Set(['route', 'status', 'space', 'tenant', 'type', 'version', 'major', 'minor', 'patch']);

export const documentedLabels = new Map<string, DocumentedLabel>(
  rows('Labels').map(([label = '', values = '', atMost = '']) => {
    const name = codes(label)[0] ?? '';
    const listed = codes(values).filter((value) => !value.startsWith('posthorn_'));
    return [name, { values: new Set(COUNTED.has(name) ? [] : listed), atMost: Number(atMost) }];
  }),
);
