import { Button } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef, useState, type CSSProperties, type ReactNode } from 'react';
import { DataTableSkeleton } from './data-table-skeleton.js';
import classes from './data-table.module.css';
import { ProblemAlert } from './problem-alert.js';
import { t } from '../i18n/t.js';

export interface Column<Row> {
  label: string;
  /** Replaces the label in the header row. Not shown on narrow screens. */
  head?: ReactNode;
  /** CSS grid track; an equal share by default. */
  width?: string;
  /** For numbers. */
  align?: 'end';
  cell: (row: Row) => ReactNode;
}

/** The members of a TanStack infinite query that the table uses. */
export interface Pages<Row> {
  data: { pages: { data: Row[] }[] } | undefined;
  error: unknown;
  isPlaceholderData: boolean;
  isFetching: boolean;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  fetchNextPage: () => unknown;
  refetch: () => unknown;
}

interface DataTableProps<Row> {
  /** For screen readers. */
  label: string;
  /** The first contains the RowLink. On narrow screens it is the title of the card. */
  columns: Column<Row>[];
  list: Pages<Row>;
  /** The EmptyState to show without rows. */
  empty: ReactNode;
  /** Omits the border, for a table in a Panel. */
  flush?: boolean;
}

const ROW_HEIGHT = 53;
const CARD_GAP = 8;
const OVERSCAN = 12;

/**
 * A virtual list of API rows. It renders only the visible rows and fetches the next page on scroll. The window is the scroll
 * container. On narrow screens each row is a card.
 */
export function DataTable<Row extends { id: string }>(props: DataTableProps<Row>) {
  const { label, columns, list, empty, flush } = props;
  const isNarrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const cardHeight = 36 + columns.length * 28;
  const rows = list.data?.pages.flatMap((page) => page.data);

  if (rows === undefined) {
    return list.error ? (
      <ProblemAlert error={list.error} onRetry={list.refetch} retrying={list.isFetching} />
    ) : (
      <DataTableSkeleton height={isNarrow ? cardHeight : ROW_HEIGHT} gap={isNarrow ? CARD_GAP : 0} />
    );
  }
  const refreshAlert = list.error && !list.isFetchNextPageError && (
    <ProblemAlert error={list.error} onRetry={list.refetch} retrying={list.isFetching} />
  );
  if (rows.length === 0) {
    return (
      <>
        {refreshAlert}
        <div className={classes.table} data-flush={flush || undefined}>
          {list.hasNextPage ? <SearchFurther list={list} /> : empty}
        </div>
      </>
    );
  }
  const tracks = columns.map(({ width = 'minmax(0, 1fr)' }) => width).join(' ');
  return (
    <>
      {refreshAlert}
      <div
        role="table"
        aria-label={label}
        aria-rowcount={list.hasNextPage ? -1 : rows.length + 1}
        aria-busy={list.isFetching}
        className={classes.table}
        data-flush={flush || undefined}
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a custom property
        style={{ '--columns': tracks } as CSSProperties}
      >
        <div role="rowgroup" className={classes.head}>
          <div role="row" aria-rowindex={1} className={classes.row}>
            {columns.map((column) => (
              <div key={column.label} role="columnheader" data-align={column.align}>
                {column.head ?? column.label}
              </div>
            ))}
          </div>
        </div>
        <Rows
          rows={rows}
          columns={columns}
          list={list}
          estimate={isNarrow ? cardHeight : ROW_HEIGHT}
          gap={isNarrow ? CARD_GAP : 0}
        />
      </div>
    </>
  );
}

interface RowsProps<Row> extends Pick<DataTableProps<Row>, 'columns' | 'list'> {
  rows: Row[];
  estimate: number;
  gap: number;
}

function Rows<Row extends { id: string }>({ rows, columns, list, estimate, gap }: RowsProps<Row>) {
  const body = useRef<HTMLDivElement>(null);
  const [scrollMargin, setScrollMargin] = useState(0);
  useLayoutEffect(() => {
    if (body.current) setScrollMargin(body.current.getBoundingClientRect().top + window.scrollY);
  }, []);
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => estimate,
    getItemKey: (index) => rows[index]?.id ?? index,
    gap,
    overscan: OVERSCAN,
    scrollMargin,
  });
  const items = virtualizer.getVirtualItems();
  // A page without rows took a while to find nothing.
  const isSparse = list.data?.pages.at(-1)?.data.length === 0;
  const isNearEnd = (items.at(-1)?.index ?? 0) >= rows.length - OVERSCAN;
  const { hasNextPage, isFetchingNextPage, fetchNextPage, error } = list;
  useEffect(() => {
    if (isNearEnd && hasNextPage && !isSparse && !isFetchingNextPage && !error) void fetchNextPage();
  }, [isNearEnd, hasNextPage, isSparse, isFetchingNextPage, error, fetchNextPage]);

  return (
    <>
      <div
        role="rowgroup"
        ref={body}
        className={classes.body}
        data-stale={list.isPlaceholderData || undefined}
        style={{ height: virtualizer.getTotalSize() }}
      >
        {items.map(({ index, key, start }) => {
          const row = rows[index];
          if (row === undefined) return null;
          return (
            <div
              key={key}
              role="row"
              aria-rowindex={index + 2}
              data-index={index}
              ref={virtualizer.measureElement}
              className={classes.row}
              style={{ transform: `translateY(${start - scrollMargin}px)` }}
            >
              {columns.map((column) => (
                <div key={column.label} role="cell" className={classes.cell} data-align={column.align}>
                  <span className={classes.label} aria-hidden>
                    {column.label}
                  </span>
                  <div>{column.cell(row)}</div>
                </div>
              ))}
            </div>
          );
        })}
      </div>
      {list.isFetchNextPageError ? (
        <ProblemAlert error={error} onRetry={fetchNextPage} retrying={isFetchingNextPage} />
      ) : isSparse && hasNextPage ? (
        <SearchFurther list={list} />
      ) : (
        isFetchingNextPage && <div className={classes.foot}>{t('Loading more…')}</div>
      )}
    </>
  );
}

/** Continues a search that has found nothing among the latest entries. */
function SearchFurther<Row>({ list: { fetchNextPage, isFetchingNextPage } }: { list: Pages<Row> }) {
  return (
    <div className={classes.foot}>
      {t('Nothing found among the latest entries.')}{' '}
      <Button variant="default" size="xs" onClick={() => fetchNextPage()} loading={isFetchingNextPage}>
        {t('Search earlier ones')}
      </Button>
    </div>
  );
}
