import type { Sealer } from '@posthorn/core';
import type { Pool } from '@posthorn/database';
import type { PrismaDb } from '@posthorn/database/prisma';
import type { Acceptor } from '@posthorn/fanout';
import type { OutboundRules, Sender } from '@posthorn/outbound';
import type { DeliveryQueue, QueueInspector } from '@posthorn/queue';
import type { OverviewFeed } from './overview/overview-feed.js';
import type { CountDropped, Logger, Registry, Tracing } from '@posthorn/runtime';

/** Everything that the API works with. */
export interface ApiDeps {
  /** For what somebody waits for: a statement times out after a few seconds. `prisma` uses it, too. */
  pool: Pool;
  prisma: PrismaDb;
  /** For statements over as many rows as there are. */
  bulkPool: Pool;
  /** For the lists of the history, on connections of its own: what takes long there holds up nothing else. */
  history: PrismaDb;
  acceptor: Pick<Acceptor, 'accept' | 'acceptAll'>;
  deliveries: Pick<DeliveryQueue, 'enqueue' | 'depth' | 'ping'>;
  queueInspector: QueueInspector;
  sender: Pick<Sender, 'send'>;
  outbound: OutboundRules;
  sealer: Sealer;
  logger: Logger;
  registry: Registry;
  /** Null where no traces are wanted. */
  tracing: Tracing | null;
  /** Counts deliveries that a call dropped. */
  countDropped: CountDropped;
  overview: OverviewFeed;
  /** How long suspend and delete wait after their commit until no request to the webhook can start, in milliseconds. */
  barrierMs: number;
  /** Aborted when load balancers shall send their requests elsewhere. */
  stopping: AbortSignal;
  /** Where browsers find this API, when it is said: `https://hooks.example`. */
  publicOrigin: string | null;
  /** The built dashboard: index.html, and assets/ with names that hold their hash. */
  dashboardFolder: string;
  /** Who may show the portal in a frame: origins. */
  portalFrameAncestors: string[];
  /** Networks of the proxies that are believed when they name the client: CIDRs. */
  trustProxy: string[];
  /** How many wrong keys of one client are answered in a minute. */
  authFailuresPerMinute: number;
  /** What /metrics asks for; null for nothing. */
  metricsToken: string | null;
}
