/** Rows whose sealed values were sealed again. */
export interface ResealedBatch {
  /** The number of values. */
  resealed: number;
  /** Names rows that cannot be opened: they were damaged or copied from another database. */
  unreadable: string[];
}

/** Rows of a batch, which bounds memory and how long the statement runs. */
export const BATCH_SIZE = 100;

/** Applies `reseal` to each row. One that throws is left as it is. */
export function resealRows<Row, Resealed>(
  rows: readonly Row[],
  { reseal, nameOf }: { reseal: (row: Row) => Resealed; nameOf: (row: Row) => string },
): { readable: Resealed[]; unreadable: string[] } {
  const readable: Resealed[] = [];
  const unreadable: string[] = [];
  for (const row of rows) {
    try {
      readable.push(reseal(row));
    } catch {
      unreadable.push(nameOf(row));
    }
  }
  return { readable, unreadable };
}
