/** Columns for all deliveries of an event in one lane, grouped by `m.slow`. A row for each would be most of the cost of an event with many. */
export const DELIVERY_IDS = `string_agg(m.id::text, ',') AS ids, m.slow`;
