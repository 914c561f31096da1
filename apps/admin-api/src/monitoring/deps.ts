import type { Pool } from '@posthorn/database/connection';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { Quarantine } from '@posthorn/flow';
import type { DeliveryQueue } from '@posthorn/queue';
import type { ProcessGroup, Registry } from '@posthorn/runtime';
import type { WriteMonitor } from './write-monitor.js';

export interface MonitoringDeps {
  pool: Pool;
  prisma: PrismaDb;
  deliveries: Pick<DeliveryQueue, 'depth' | 'ping'>;
  /** Holds what is stored while erased data may be back in the database. */
  quarantine: Pick<Quarantine, 'isHeld'>;
  /** CIDRs that requests to receivers come from. Empty: not shown. */
  egressAddresses: string[];
  registry: Registry;
  group: Pick<ProcessGroup, 'isReady' | 'metrics'>;
  writes: Pick<WriteMonitor, 'check'>;
  /** Bearer token required by /metrics; null for none. */
  metricsToken: string | null;
  /** Aborted when the process starts to shut down and load balancers should use another one. */
  stopping: AbortSignal;
}
