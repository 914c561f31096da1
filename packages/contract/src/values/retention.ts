import { z } from 'zod';

/** More than any installation keeps. The API checks the retention of the installation. */
const MAX_DAYS = 100_000;

const payloadDays = z.int().min(0).max(MAX_DAYS).nullable();

const historyDays = z.int().min(1).max(MAX_DAYS).nullable();

const DESCRIPTION =
  'For how many days payloads are kept: 0 until all deliveries of an event are settled, or read in the feed; null as long as the ' +
  'installation keeps them.';

const OF_HISTORY =
  'For how many days deliveries and their attempts are kept; null as long as the installation keeps them.';

/** The retention of a tenant or an event type. */
export const retention = z
  .strictObject({
    payloadDays: payloadDays.meta({ description: DESCRIPTION }),
    historyDays: historyDays.meta({ description: OF_HISTORY }),
  })
  .meta({ id: 'Retention' });

export const retentionChanges = z
  .strictObject({
    payloadDays: payloadDays.meta({
      description:
        `${DESCRIPTION} At most as many as the installation (\`POSTHORN_PAYLOAD_RETENTION_DAYS\`). The shorter retention of tenant and ` +
        'event type applies, to events that are accepted from now on. It includes metadata, keys and search values. Events that are kept ' +
        'for 0 days are not found by search values.',
    }),
    historyDays: historyDays.meta({
      description:
        `${OF_HISTORY} At most as many as the installation (\`POSTHORN_RETENTION_DAYS\`). The shorter retention of tenant and event type ` +
        'applies, to events that are accepted from now on. Payloads are kept no longer than that. At most two values are in use in an ' +
        'installation; a third one is rejected. A value is free again when no tenant and no event type has it and its last day has expired.',
    }),
  })
  .partial()
  .meta({ id: 'RetentionChanges' });

/** A tenant or an event type whose data is kept as long as the installation keeps it. */
export const NO_RETENTION = { payloadDays: null, historyDays: null };
