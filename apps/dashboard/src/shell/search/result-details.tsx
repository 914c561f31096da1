import { useWebhookById, webhookLabel } from '../../components/webhook-name.js';
import { outcomeText } from '../../components/event-outcome.js';
import { SearchValues } from '../../components/search-values.js';
import type { SearchResult } from './search-result.js';

/** What distinguishes a result from others with its title, before its ID. */
export function ResultDetails({ result }: { result: SearchResult }) {
  const { kind, webhookId, description, event } = result;
  return (
    <>
      {kind !== 'webhook' && webhookId !== null && <WebhookOf id={webhookId} />}
      {description && `${description} · `}
      {event && event.searchValues.length > 0 && (
        <>
          <SearchValues values={event.searchValues} /> ·{' '}
        </>
      )}
      {event?.deliveries && `${outcomeText(event.deliveries)} · `}
    </>
  );
}

function WebhookOf({ id }: { id: string }) {
  const { webhook } = useWebhookById(id);
  return webhook && `${webhookLabel(webhook)} · `;
}
