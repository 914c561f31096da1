import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { api } from '../../api/api.js';
import { useCan } from '../../api/session.js';
import filterBar from '../../components/filter-bar.module.css';
import { useWebhookById, webhookLabel } from '../../components/webhook-name.js';
import { useSearchParams } from '../../search/use-search-params.js';
import { useListedTenant } from '../../search/use-listed-tenant.js';
import { t } from '../../i18n/t.js';

/** Webhooks to choose from; search finds the others. */
const MAX_WEBHOOKS = 50;
const DEBOUNCE_MS = 250;

/** Filters by webhook, in the parameter `webhookId`. Searches by URL and description. */
export function WebhookFilter({ webhookId }: { webhookId: string | undefined }) {
  const [, change] = useSearchParams();
  const tenantId = useListedTenant();
  const { webhook: selected } = useWebhookById(webhookId);
  const label = selected ? webhookLabel(selected) : webhookId;
  const [typed, setTyped] = useState<string | null>(null);
  const [search] = useDebouncedValue(typed?.trim() || undefined, DEBOUNCE_MS);
  const { data, isPending } = api.useQuery(
    'get',
    '/v1/webhooks',
    { params: { query: { limit: MAX_WEBHOOKS, search, tenantId } } },
    { enabled: useCan('webhooks:read') },
  );
  const found = (data?.data ?? []).map((webhook) => ({ value: webhook.id, label: webhookLabel(webhook) }));
  const current = webhookId === undefined ? [] : [{ value: webhookId, label: label ?? webhookId }];
  return (
    <Select
      className={filterBar.select}
      aria-label={t('Webhook')}
      placeholder={t('Any webhook')}
      data={[...current, ...found.filter(({ value }) => value !== webhookId)]}
      // The API has already filtered the options.
      filter={({ options }) => options}
      searchable
      searchValue={typed ?? label ?? ''}
      onSearchChange={(text) => setTyped(text === (label ?? '') ? null : text)}
      onDropdownClose={() => setTyped(null)}
      value={webhookId ?? null}
      onChange={(value) => change({ webhookId: value ?? undefined })}
      clearable
      clearButtonProps={{ 'aria-label': t('Clear webhook') }}
      nothingFoundMessage={isPending ? t('Searching…') : t('No results')}
      comboboxProps={{ width: 'max-content', position: 'bottom-start' }}
    />
  );
}
