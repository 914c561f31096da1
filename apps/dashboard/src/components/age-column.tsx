import type { Column } from './data-table.js';
import { Time } from './time.js';

/** Returns a column with the relative time of each row, the last one of a list. */
export function ageColumn<Row>(label: string, timeOf: (row: Row) => string | null): Column<Row> {
  return { label, width: '124px', align: 'end', cell: (row) => <Time at={timeOf(row)} relative /> };
}
