import type { HashingSealer, MemoryBudget, Quotas } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import type { PayloadKeys } from '@posthorn/database/encryption';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { Smtp } from '@posthorn/email';
import type { Acceptor } from '@posthorn/fanout';
import type { AccessTokens, FenceStore, Quarantine, SlotStore } from '@posthorn/flow';
import type { OutboundRules, Sender } from '@posthorn/outbound';
import type { DeliveryQueue, QueueInspector } from '@posthorn/queue';
import type { RunChange } from './http/changes.js';
import type { ApiKeyUsage } from './http/api-key-usage.js';
import type { CallLimits } from './http/call-limiter.js';
import type { UploadSpeed } from './http/receive-bytes.js';
import type { ValidationGuard } from './validation/validation-guard.js';
import type { WriteMonitor } from './monitoring/write-monitor.js';
import type { OverviewFeed } from './overview/overview-feed.js';
import type { FeedPolls } from './feed/feed-polls.js';
import type { FairQueue } from './http/fair-queue.js';
import type { OpenCall } from './http/open-limiter.js';
import type { SingleSignOn } from './single-sign-on/single-sign-on.js';
import type { CountDropped, Logger, ProcessGroup, Registry, Tracing } from '@posthorn/runtime';

/** How the API sends emails. */
export interface Email {
  smtp: Smtp;
  from: string;
  operatorEmails: string[];
  /** Signs the links in emails. */
  key: Buffer;
}

/** Connections to PostgreSQL. */
export interface DatabaseDeps {
  /** For statements that a caller waits for, with a timeout of a few seconds. `prisma` uses it, too. */
  pool: Pool;
  /** For reads. */
  prisma: PrismaDb;
  /** For transactions, on separate connections, because they may wait for locks. */
  change: RunChange;
  /** For looking up keys, so that authentication waits for nothing else. */
  lookupPool: Pool;
  /** Timeout of such a lookup, in milliseconds. */
  lookupTimeoutMs: number;
  /** For statements over any number of rows, without a timeout. */
  bulkPool: Pool;
  /** For lists of the history, on separate connections so that slow queries delay nothing else. */
  history: PrismaDb;
  /** The connections of `history`. */
  historyPool: Pool;
}

/** Opens what is sealed. */
export interface SealingDeps {
  sealer: HashingSealer;
  /** Of payloads and responses. */
  payloadKeys: PayloadKeys;
}

/** The parts that accept events, and start and stop requests to webhooks. */
export interface DeliveryDeps {
  acceptor: Pick<Acceptor, 'accept' | 'acceptAll' | 'assertShortWait'>;
  deliveries: Pick<DeliveryQueue, 'enqueue' | 'requeue' | 'depth' | 'wake' | 'ping'>;
  queueInspector: QueueInspector;
  fences: Pick<FenceStore, 'raise' | 'raiseTenants' | 'find'>;
  /** Holds what is stored while erased data may be back in the database. */
  quarantine: Pick<Quarantine, 'isHeld' | 'state' | 'noteErasure' | 'release'>;
  /** For why deliveries are held. */
  slots: Pick<SlotStore, 'snapshots'>;
  /** How long suspend and delete wait after their commit until no request to the webhook can start, in milliseconds. */
  barrierMs: number;
  /** How long the call of an erasure waits at most until producers have erased the pushes in Redis, in milliseconds. */
  erasureWaitMs: number;
  /** Counts deliveries dropped by a call. */
  countDropped: CountDropped;
  sender: Pick<Sender, 'send'>;
  /** The access tokens of webhooks with OAuth 2.0. */
  tokens: Pick<AccessTokens, 'find' | 'wait' | 'test' | 'reject'>;
  outbound: OutboundRules;
  /** CIDRs that requests to receivers come from. Empty: not shown. */
  egressAddresses: string[];
}

/** Limits of callers. */
export interface LimitDeps {
  callLimits: CallLimits;
  /** The quotas of tenants without their own. */
  defaultQuotas: Quotas;
  /** For the bodies of all requests in progress. */
  bodyMemory: MemoryBudget;
  /** Slower uploads end with 408. */
  slowestUpload: UploadSpeed;
  openStream: OpenCall;
  openPoll: OpenCall;
  /** For exports, which count for the tenant that is exported. */
  openExport: OpenCall;
  /** Reads the pages of feeds, few at a time, so that lists have connections left. */
  feedReads: Pick<FairQueue, 'run'>;
  /** For the pages of feeds that are sent. */
  pageMemory: MemoryBudget;
  feedPolls: Pick<FeedPolls, 'wait' | 'size'>;
  /** Invalid API keys accepted from one client per minute before 429. */
  authFailuresPerMinute: number;
  validations: ValidationGuard;
  /** Until when URLs may be attested. Null for never. */
  attestationUntil: Date | null;
  /** The longest time that a webhook may let a delivery block others: the retention, but at least the default. */
  maxBlockedMinutes: number;
  /** For how many days the installation keeps payloads: the most that a tenant or an event type can have. */
  payloadRetentionDays: number;
  /** The same for deliveries and attempts. */
  retentionDays: number;
  /** How long a deleted tenant can be restored, in days. */
  tenantPurgeDays: number;
}

/** The parts that record and show the state of the process. */
export interface MonitoringDeps {
  logger: Logger;
  registry: Registry;
  group: Pick<ProcessGroup, 'isReady' | 'metrics'>;
  /** Null if tracing is off. */
  tracing: Tracing | null;
  writes: Pick<WriteMonitor, 'check'>;
  keyUsage: Pick<ApiKeyUsage, 'note'>;
  overview: OverviewFeed;
  /** Bearer token required by /metrics; null for none. */
  metricsToken: string | null;
}

/** How browsers and proxies reach the API. */
export interface WebDeps {
  /** Null if it is not configured. */
  singleSignOn: SingleSignOn | null;
  /** Whether people can sign in with an API key. */
  keySignIn: boolean;
  /** Origin at which browsers reach this API, if configured: `https://hooks.example`. */
  publicOrigin: string | null;
  /** Folder of the built dashboard: index.html, and assets/ with hashed names. */
  dashboardFolder: string;
  /** Origins that may embed the portal in a frame. */
  portalFrameAncestors: string[];
  /** Networks (CIDRs) of trusted proxies, whose X-Forwarded-For header is used. */
  trustProxy: string[];
  /** Aborted when the process starts to shut down and load balancers should use another one. */
  stopping: AbortSignal;
}

/** Dependencies of the API. */
export interface ApiDeps extends DatabaseDeps, DeliveryDeps, LimitDeps, MonitoringDeps, SealingDeps, WebDeps {
  /** Null if no emails are sent. */
  email: Email | null;
}
