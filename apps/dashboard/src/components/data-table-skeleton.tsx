import { Skeleton, VisuallyHidden } from '@mantine/core';
import classes from './data-table-skeleton.module.css';
import { t } from '../i18n/t.js';

const ROWS = 8;

interface DataTableSkeletonProps {
  /** Height of a row in pixels. */
  height: number;
  /** Gap between cards in pixels; 0 for rows. */
  gap: number;
}

/** A placeholder with rows of the final height, to avoid layout shift. */
export function DataTableSkeleton({ height, gap }: DataTableSkeletonProps) {
  return (
    <div role="status" className={classes.skeleton} data-cards={gap > 0 || undefined} style={{ gap }}>
      <VisuallyHidden>{t('Loading…')}</VisuallyHidden>
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
