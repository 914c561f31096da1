import { Skeleton, Stack, VisuallyHidden } from '@mantine/core';

const ROWS = 8;

/** Stands for rows of the same height, so that nothing jumps when they come. */
export function DataTableSkeleton({ height, gap }: { height: number; gap: number }) {
  return (
    <Stack gap={Math.max(gap, 1)} pt={gap === 0 ? 37 : 0} role="status">
      <VisuallyHidden>Loading…</VisuallyHidden>
      {Array.from({ length: ROWS }, (_, row) => (
        <Skeleton key={row} height={height - 1} radius="md" />
      ))}
    </Stack>
  );
}
