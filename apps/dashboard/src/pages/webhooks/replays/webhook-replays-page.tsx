import { api } from '../../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../../api/pagination.js';
import { useCan } from '../../../api/session.js';
import { DataTable } from '../../../components/data-table.js';
import { EmptyState } from '../../../components/empty-state.js';
import { Panel } from '../../../components/panel.js';
import { useWebhook } from '../use-webhook.js';
import { NewReplay } from './new-replay.js';
import { replayColumns } from './replay-columns.js';

/** The tab Replays: history that is delivered again, and how far it is. */
export function WebhookReplaysPage() {
  const webhook = useWebhook();
  const mayReplay = useCan('deliveries:write');
  const replays = api.useInfiniteQuery(
    'get',
    '/v1/replays',
    { params: { query: { webhookId: webhook.id, limit: PAGE_SIZE } } },
    PAGINATION,
  );
  return (
    <>
      {mayReplay && <NewReplay webhook={webhook} />}
      <Panel title="Replays" flush>
        <DataTable
          flush
          label="Replays"
          columns={replayColumns({ mayCancel: mayReplay })}
          list={replays}
          rowKey={({ id }) => id}
          empty={
            <EmptyState title="No replays yet">
              A replay delivers again what this webhook got, or did not get, in a span of time.
            </EmptyState>
          }
        />
      </Panel>
    </>
  );
}
