/** The placeholders for facts of the event and its attempt. */
const FACTS = ['id', 'type', 'timestamp', 'idempotencyKey', 'externalEventId'] as const;

/** The placeholders in the values of fixed headers. */
export const FIXED_HEADER_PLACEHOLDERS = [...FACTS, 'tenantId'] as const;

/** The placeholders in the content of a signature. It has `{body}` or `{formParameters}` once. */
export const CONTENT_PLACEHOLDERS = [...FACTS, 'url', 'body', 'formParameters'] as const;

/** The placeholders in the value of a signature. It has `{signature}` once. */
export const VALUE_PLACEHOLDERS = [...FACTS, 'signature'] as const;
