/** Returns the condition that an event type has a schema or search keys, which apply when an event is accepted. */
export const hasRules = (eventType: string): string =>
  `(${eventType}.schema IS NOT NULL OR cardinality(${eventType}.search_keys) > 0)`;
