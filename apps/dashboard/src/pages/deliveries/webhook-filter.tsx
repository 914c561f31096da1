import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { api } from '../../api/api.js';
import { useCan } from '../../api/session.js';
import filterBar from '../../components/filter-bar.module.css';
import { useWebhookUrl } from '../../components/webhook-name.js';
import { useSearchParams } from '../../search/use-search-params.js';
import { useTenantId } from '../../search/use-tenant-id.js';

/** Most webhooks that are offered; a search finds the others. */
const MAX_WEBHOOKS = 50;
const PAUSE_MS = 250;

/** One webhook, found by its URL or description, in the parameter `webhookId`. */
export function WebhookFilter({ webhookId }: { webhookId: string | undefined }) {
  const [, change] = useSearchParams();
  const tenantId = useTenantId();
  const { url = webhookId } = useWebhookUrl(webhookId);
  const [typed, setTyped] = useState<string | null>(null);
  const [search] = useDebouncedValue(typed?.trim() || undefined, PAUSE_MS);
  const { data, isPending } = api.useQuery(
    'get',
    '/v1/webhooks',
    { params: { query: { limit: MAX_WEBHOOKS, search, tenantId } } },
    { enabled: useCan('webhooks:read') },
  );
  const found = (data?.data ?? []).map((webhook) => ({ value: webhook.id, label: webhook.url }));
  const chosen = webhookId === undefined ? [] : [{ value: webhookId, label: url ?? webhookId }];
  return (
    <Select
      className={filterBar.select}
      aria-label="Webhook"
      placeholder="Any webhook"
      data={[...chosen, ...found.filter(({ value }) => value !== webhookId)]}
      // The API has searched already.
      filter={({ options }) => options}
      searchable
      searchValue={typed ?? url ?? ''}
      onSearchChange={(text) => setTyped(text === (url ?? '') ? null : text)}
      onDropdownClose={() => setTyped(null)}
      value={webhookId ?? null}
      onChange={(value) => change({ webhookId: value ?? undefined })}
      clearable
      clearButtonProps={{ 'aria-label': 'Clear webhook' }}
      nothingFoundMessage={isPending ? 'Searching…' : 'Nothing found'}
      comboboxProps={{ width: 'max-content', position: 'bottom-start' }}
    />
  );
}
