import { limitedKeyOf } from '../access/authenticate.js';
import type { Handler } from '../calls/handler.js';
import { whenClosed } from '../http/when-closed.js';
import type { OverviewDeps } from './deps.js';
import { streamOverview } from './stream-overview.js';
import { listedTenantOrAll } from '../access/tenancy.js';

export const getOverview: Handler<'getOverview', OverviewDeps> = async (
  { caller, query },
  { prisma, overview },
) => {
  const tenantId = await listedTenantOrAll(prisma, caller, query.tenantId);
  return { status: 200, body: await overview.latest(tenantId) };
};

export const followOverview: Handler<'followOverview', OverviewDeps> = async (
  { caller, query, isStillAuthenticated },
  { prisma, overview: feed, openStream, stopping },
) => {
  const tenantId = await listedTenantOrAll(prisma, caller, query.tenantId);
  const closeStream = openStream({ keyId: limitedKeyOf(caller), tenantId: caller.tenantId });
  return {
    status: 200,
    body: null,
    stream(response) {
      whenClosed(response, closeStream);
      streamOverview(response, { feed, tenantId, isStillAuthenticated, stopping });
    },
  };
};
