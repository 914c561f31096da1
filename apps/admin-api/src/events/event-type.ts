import { type EventTypeResponse, isJsonObject } from '@posthorn/contract';
import type { EventType } from '@posthorn/database/events/prisma';

export function serializeEventType(eventType: EventType): EventTypeResponse {
  const { name, description, group, schema, example, searchKeys, orderingPointer, redact } = eventType;
  const { payloadDays, historyDays } = eventType;
  return {
    name,
    description,
    group,
    schema: isJsonObject(schema) ? schema : null,
    example: isJsonObject(example) ? example : null,
    searchKeys,
    orderingPointer,
    redact,
    retention: { payloadDays, historyDays },
    createdAt: eventType.createdAt.toISOString(),
    updatedAt: eventType.updatedAt.toISOString(),
  };
}
