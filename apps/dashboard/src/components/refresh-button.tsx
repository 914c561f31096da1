import { ActionIcon, Tooltip } from '@mantine/core';
import { useIsFetching, useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { RotateCw } from 'lucide-react';
import type { paths } from '../generated/api.js';
import { t } from '../i18n/t.js';

/** Refetches the lists of a path from the first page. */
export function RefreshButton({ path }: { path: keyof paths }) {
  const queryClient = useQueryClient();
  const queryKey = ['get', path];
  const isFetching = useIsFetching({ queryKey }) > 0;

  function refresh() {
    queryClient.setQueriesData<InfiniteData<unknown>>({ queryKey }, (lists) =>
      lists && 'pages' in lists
        ? { pages: lists.pages.slice(0, 1), pageParams: lists.pageParams.slice(0, 1) }
        : lists,
    );
    void queryClient.invalidateQueries({ queryKey });
    window.scrollTo({ top: 0 });
  }

  return (
    <Tooltip label={t('Refresh')}>
      <ActionIcon
        variant="default"
        size="input-sm"
        aria-label={t('Refresh')}
        aria-busy={isFetching}
        onClick={refresh}
      >
        <RotateCw size={16} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
