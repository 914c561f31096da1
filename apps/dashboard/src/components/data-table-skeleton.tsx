import { Skeleton, VisuallyHidden } from '@mantine/core';
import classes from './data-table-skeleton.module.css';

const ROWS = 8;

interface DataTableSkeletonProps {
  /** Of a row, in pixels. */
  height: number;
  /** Of rows as cards: what lies between them. */
  gap: number;
}

/** Stands for rows of the same height, so that nothing jumps when they come. */
export function DataTableSkeleton({ height, gap }: DataTableSkeletonProps) {
  return (
    <div role="status" className={classes.skeleton} data-cards={gap > 0 || undefined} style={{ gap }}>
      <VisuallyHidden>Loading…</VisuallyHidden>
      {Array.from({ length: ROWS }, (_, row) => (
        <div key={row} className={classes.row} style={{ height }}>
          <Skeleton height={10} width="34%" />
          <Skeleton height={10} width="12%" />
          <Skeleton height={10} width="18%" />
        </div>
      ))}
    </div>
  );
}
