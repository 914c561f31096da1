import type { Moment, Outcome, ReadFreshness, RequestComposer, StoredFence } from '@posthorn/core';
import type { Chain, DeliveryToHold, LoadedDelivery, Settlement } from '@posthorn/database/deliveries';
import type { AccessTokens, Quarantine, RetryPriorities, WebhookLimiter } from '@posthorn/flow';
import type { ConnectionProfile, OutboundRequest } from '@posthorn/outbound';
import type { DeliveryTask, TaskResult } from '@posthorn/queue';
import type { AttemptToRecord } from '../store/attempt-record.js';
import type { ConnectionProfiles } from '../store/connection-profiles.js';
import type { AppliedFormat, DeliveryFormats } from '../store/delivery-formats.js';
import type { DeliveryPermit } from '../lanes/delivery-runner.js';
import type { InFlightRequests } from '../lanes/in-flight-requests.js';
import type { RunReports } from '../reports/open-reports.js';
import type { DeliveryRead } from '../store/delivery-loader.js';
import type { HoldResult } from '../store/delivery-store.js';
import type { SlotHolder } from './slot-holder.js';

/** The state of deliveries in PostgreSQL. */
interface DeliveryStore {
  /** Reads a delivery with its event and webhook; undefined if it does not exist. */
  load: (deliveryId: string) => Promise<DeliveryRead | undefined>;
  formats: Pick<DeliveryFormats, 'known' | 'load'>;
  profiles: Pick<ConnectionProfiles, 'known' | 'load'>;
  /** Marks a delivery as held until its webhook has a free slot. */
  hold: (delivery: DeliveryToHold) => Promise<HoldResult>;
  /** Records an attempt and returns what remains to be done for the job. Calls `onDelay` each time that it has to be repeated. */
  record: (request: AttemptToRecord, onDelay: () => void) => Promise<TaskResult>;
  /** Settles a delivery without an attempt. Returns false if its row is locked. */
  settle: (settlement: Settlement) => Promise<boolean>;
  /** Adds the job of the next delivery of a chain, after one of it was settled. */
  advance: (chain: Chain) => Promise<void>;
  /** Suspends a webhook that responded with 410 Gone. */
  suspendGone: (webhook: LoadedDelivery['webhook']) => Promise<void>;
  /** Suspends or deletes a webhook or tenant again whose row in PostgreSQL is older than its fence. */
  restore: (fence: StoredFence) => Promise<void>;
}

export interface DeliverDeps {
  store: DeliveryStore;
  limiter: Pick<
    WebhookLimiter,
    'acquire' | 'confirm' | 'isResponsive' | 'release' | 'reportOverdue' | 'reportHeld' | 'reportUnsent'
  >;
  /** Holds deliveries while erased data may be back in the database. */
  quarantine: Pick<Quarantine, 'isHeld' | 'wait'>;
  /** Returns the priority of a job among the retries of all tenants. */
  retryPriority: RetryPriorities['next'];
  /** The access tokens of webhooks with OAuth 2.0. */
  tokens: Pick<AccessTokens, 'take' | 'reject'>;
  send: (request: OutboundRequest) => Promise<Outcome>;
  inFlight: Pick<InFlightRequests, 'track'>;
  reports: RunReports;
  composer: RequestComposer;
  clock: { now: () => Date; moment: () => Moment; random: () => number };
}

/** The state of one run of a job. It is kept when the run reads its delivery again. */
export interface RunState {
  deps: DeliverDeps;
  task: DeliveryTask;
  permit: DeliveryPermit;
  slot: SlotHolder;
  receivedAt: Date;
  /** The delivery as this process has stored it, until it is used. */
  stored: DeliveryRead | undefined;
  /** The epoch of the delivery when this run first read it; null before. */
  epoch: number | null;
}

/** An attempt that has its outcome. */
export interface AttemptMade {
  loaded: LoadedDelivery;
  startedAt: Date;
  /** How long after its due time the request started, in milliseconds. */
  latenessMs: number;
  /** Null if no request was made. */
  format: AppliedFormat | null;
  /** The request is repeated with another access token. */
  isTokenRenewed?: boolean;
}

/** A delivery that has passed the gate and has a slot. */
export interface AttemptInput extends AttemptMade {
  payload: string;
  format: AppliedFormat;
  /** Null for a webhook without certificates. */
  profile: ConnectionProfile | null;
  freshness: ReadFreshness;
  /** They authenticate the request. */
  headers: Record<string, string>;
  /** Null if the event has no trace. */
  traceparent: string | null;
}
