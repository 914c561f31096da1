/**
 * Returns the condition that a row, by default a delivery `d`, is of an event. The range of ids excludes the partitions of other days and
 * leads to the primary key. By itself, it also has deliveries of other events of the same millisecond, whose tenants may be others.
 * @param eventId an expression
 * @param id the column with the id of the delivery
 */
export const isOfEvent = (eventId: string, { row = 'd', id = 'id' } = {}): string =>
  `${row}.event_id = ${eventId} AND ${row}.${id} >= posthorn_delivery_id_min(${eventId}) AND ${row}.${id} <= posthorn_delivery_id_max(${eventId})`;
