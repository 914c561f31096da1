import type { Handler } from '../http/handler.js';
import { streamOverview } from '../overview/stream-overview.js';
import { tenantOrAll } from '../tenancy.js';

export const getOverview: Handler<'getOverview'> = async ({ caller, query }, { prisma, overview }) => {
  const tenantId = await tenantOrAll(prisma, caller, query.tenantId);
  return { status: 200, body: await overview.latest(tenantId) };
};

export const followOverview: Handler<'followOverview'> = async (
  { caller, query, isStillAuthenticated },
  { prisma, overview: feed, stopping },
) => {
  const tenantId = await tenantOrAll(prisma, caller, query.tenantId);
  const closeStream = feed.openStream(caller.id);
  return {
    status: 200,
    body: null,
    stream(response) {
      response.once('close', closeStream);
      streamOverview(response, { feed, tenantId, isStillAuthenticated, stopping });
    },
  };
};
