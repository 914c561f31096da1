/**
 * Returns the day (UTC) on which the payload of an event expires, as `2031-05-30`, if it is stored apart from the event. Null: it is kept
 * until all deliveries are settled. Undefined: it is stored with the event, for as long as the event.
 * @param context of the event, as it is stored
 */
export function payloadDayIn(context: unknown): string | null | undefined {
  if (typeof context !== 'object' || context === null || !('payloadDay' in context)) return undefined;
  return typeof context.payloadDay === 'string' ? context.payloadDay : null;
}

/**
 * Returns the last day (UTC) of the deliveries and attempts of an event, as `2031-05-30`, if it is shorter than the history of the installation. Null
 * otherwise.
 */
export function historyDayIn(context: unknown): string | null {
  if (typeof context !== 'object' || context === null || !('historyDay' in context)) return null;
  return typeof context.historyDay === 'string' ? context.historyDay : null;
}

/** Returns when an event occurred, if its payload is sealed or stored apart. Null otherwise. */
export function occurredAtIn(context: unknown): string | null {
  if (typeof context !== 'object' || context === null || !('occurredAt' in context)) return null;
  return typeof context.occurredAt === 'string' ? context.occurredAt : null;
}

/** SQL: whether an installation has, or has had, a shorter retention of payloads for a tenant or a type. Evaluated once per statement. */
export const HAS_SHORTER_RETENTION = `(SELECT EXISTS (SELECT FROM setting WHERE key = 'payload_retention'))`;

/** Condition: the payload of an event `e` exists. LIMIT 1 forces a lookup. */
const PAYLOAD_EXISTS = `e.context -> 'payloadDay' IS NULL
    OR (SELECT true FROM event_payload p WHERE p.event_id = e.id AND p.expires_on = (e.context ->> 'payloadDay')::date LIMIT 1)
    OR (SELECT true FROM unsettled_payload u WHERE u.event_id = e.id LIMIT 1)`;

/** Condition: the payload of a delivery `d` exists, if its event does. Looks nothing up unless an event can exist without its payload. */
export const HAS_PAYLOAD = `(NOT ${HAS_SHORTER_RETENTION} OR (
  SELECT ${PAYLOAD_EXISTS} FROM event e WHERE e.id = d.event_id LIMIT 1
))`;

/**
 * Condition: the payload of an event `e` exists, and is kept until the transaction ends. For transactions that make a delivery pending. Calls
 * nothing if it is stored with the event.
 */
export const keepsPayload = (e: string): string =>
  `(${e}.context -> 'payloadDay' IS NULL OR posthorn_keep_payload(${e}.id, ${e}.context))`;
