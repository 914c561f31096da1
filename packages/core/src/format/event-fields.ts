import type { EventAttributes } from '../event/event-attributes.js';
import { dataTextOf, memberText } from '../json/json-text.js';

/** The fields of an event that a format can contain. */
export interface EventFields extends EventAttributes {
  /** `evt_…` */
  id: string;
  type: string;
  /** When the event occurred, in RFC 3339. */
  timestamp: string;
  /** `ten_…` */
  tenantId: string;
  /** The data as it was published, byte for byte. */
  dataText: string;
}

/** Reads the fields from the envelope of an event. @param envelope `{"id":…,"type":…,"timestamp":…,"data":…}` as Posthorn composes it */
export function eventFieldsOf(
  envelope: string,
  tenantId: string,
  attributes: EventAttributes | null = null,
): EventFields {
  return {
    ...attributes,
    id: stringMember(envelope, 'id'),
    type: stringMember(envelope, 'type'),
    timestamp: stringMember(envelope, 'timestamp'),
    tenantId,
    dataText: dataTextOf(envelope),
  };
}

function stringMember(envelope: string, name: string): string {
  return String(JSON.parse(memberText(envelope, name) ?? '""'));
}
