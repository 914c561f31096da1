import {
  EVENT_TYPE_SETTINGS,
  type EventTypeResponse,
  type EventTypeSetting,
  requestedColumns,
  type RequestedEventTypeSettings,
  settingColumns,
} from '@posthorn/contract';
import type { EventType } from '@posthorn/database/events/prisma';
import { requestedRetention } from '../tenants/retention.js';
import type { EventDeps } from './deps.js';

export function serializeEventType(eventType: EventType): EventTypeResponse {
  const { name, payloadDays, historyDays, createdAt, updatedAt } = eventType;
  const settings = {
    ...settingColumns(EVENT_TYPE_SETTINGS, eventType),
    retention: { payloadDays, historyDays },
  } satisfies Record<EventTypeSetting, unknown>;
  return { name, ...settings, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

/** Converts the settings of a request to their stored form. @throws PosthornError if the retention is invalid */
export const storedSettings = (
  requested: RequestedEventTypeSettings,
  deps: Pick<EventDeps, 'payloadRetentionDays' | 'retentionDays'>,
) => ({
  ...requestedColumns(EVENT_TYPE_SETTINGS, requested),
  ...requestedRetention(requested.retention, deps),
});
