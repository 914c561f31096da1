import { Skeleton, Stack } from '@mantine/core';
import { t } from '../i18n/t.js';
import { ProblemAlert } from './problem-alert.js';

interface QueryPlaceholderProps {
  query: { error: unknown; refetch: () => unknown; isFetching: boolean };
  /** Height of each part of the data, in pixels. */
  heights: number[];
}

/** Takes the place of data that is not available: shows the error of its query or, while it is loading, skeletons. */
export function QueryPlaceholder({ query, heights }: QueryPlaceholderProps) {
  const { error, refetch, isFetching } = query;
  if (error) return <ProblemAlert error={error} onRetry={refetch} retrying={isFetching} />;
  return (
    <Stack role="status" aria-label={t('Loading')}>
      {Array.from(heights, (height, part) => (
        <Skeleton key={part} height={height} />
      ))}
    </Stack>
  );
}
