import type { Handler } from '../http/handler.js';
import { streamOverview } from '../overview/stream-overview.js';
import { tenantOrAll } from '../tenancy.js';

export const getOverview: Handler<'getOverview'> = async ({ caller, query }, { definitions, overview }) => {
  const tenantId = await tenantOrAll(definitions, caller, query.tenantId);
  return { status: 200, body: await overview.latest(tenantId) };
};

export const followOverview: Handler<'followOverview'> = async (
  { caller, query, isStillAuthenticated },
  { definitions, overview: feed, stopping },
) => {
  const tenantId = await tenantOrAll(definitions, caller, query.tenantId);
  const leave = feed.openStream(caller.id);
  return {
    status: 200,
    body: null,
    stream(response) {
      response.once('close', leave);
      streamOverview(response, { feed, tenantId, isStillAuthenticated, stopping });
    },
  };
};
