export type ExportFormat = 'csv' | 'ndjson';

/** Serializes rows as CSV (RFC 4180) with a header, or as a line of JSON each. Nested values are JSON texts in CSV. */
export function serializeRows(rows: readonly object[], format: ExportFormat): string {
  if (format === 'ndjson') return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return csvHeader(columns) + csvRows(rows, columns);
}

/** Returns the first line of a CSV file. */
export const csvHeader = (columns: readonly string[]): string => csvLine(columns);

/** Returns the lines of rows in a CSV file. */
export function csvRows(rows: readonly object[], columns: readonly string[]): string {
  const lines = rows.map((row) => {
    const fields: Record<string, unknown> = { ...row };
    return csvLine(columns.map((column) => fields[column]));
  });
  return lines.join('');
}

const csvLine = (values: readonly unknown[]): string => `${values.map(cell).join(',')}\r\n`;

/** A text that a spreadsheet would run as a formula. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return quoted(JSON.stringify(value));
  return quoted(FORMULA.test(value) ? `'${value}` : value);
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
