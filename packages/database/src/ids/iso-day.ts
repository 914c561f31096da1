/** Returns the UTC day of a moment as `2031-05-30`. Partitions are named and bounded by it. */
export const isoDay = (moment: Date): string => moment.toISOString().slice(0, 10);
