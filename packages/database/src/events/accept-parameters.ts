/** What a batch passes to the statement that accepts it. The text of a form names the parameters that it has. */
export interface AcceptValues {
  ids: readonly string[];
  tenantIds: readonly string[];
  types: readonly string[];
  /** A JSON array. */
  bodies: string;
  publishedAts: readonly string[];
  pushed: readonly boolean[];
  idempotencyKeys: readonly (string | null)[];
  patternTypes: readonly string[];
  patterns: readonly string[];
  /** Null: filters that were not evaluated match nothing. */
  revisions: readonly string[] | null;
  /** Missing elements are NULL in the statement. */
  contexts: readonly (string | null)[];
  assumeNoRules: boolean;
  apiKeyIds: readonly string[];
  apiKeyRights: readonly string[];
  deflatedBodies: readonly (Uint8Array | null)[];
  digests: readonly (string | null)[];
  /** Whether to return what is needed to start the deliveries. */
  withStored: boolean;
  matchedEventIds: readonly string[];
  matchedWebhookIds: readonly string[];
  foundEventIds: readonly string[];
  foundDigests: readonly string[];
  foundPointers: readonly string[];
  retainedIds: readonly string[];
  payloadDays: readonly (number | null)[];
  occurredAts: readonly string[];
  historyDays: readonly (number | null)[];
  apartEventIds: readonly string[];
  apartDigests: readonly string[];
  apartPointers: readonly string[];
  dataKeyIds: readonly string[] | null;
}

type AcceptParameter = keyof AcceptValues;

/** The parameters as SQL names them until a form is composed, in the order of their numbers. */
export const P: { [Name in AcceptParameter]: `$${Name}` } = {
  ids: '$ids',
  tenantIds: '$tenantIds',
  types: '$types',
  bodies: '$bodies',
  publishedAts: '$publishedAts',
  pushed: '$pushed',
  idempotencyKeys: '$idempotencyKeys',
  patternTypes: '$patternTypes',
  patterns: '$patterns',
  revisions: '$revisions',
  contexts: '$contexts',
  assumeNoRules: '$assumeNoRules',
  apiKeyIds: '$apiKeyIds',
  apiKeyRights: '$apiKeyRights',
  deflatedBodies: '$deflatedBodies',
  digests: '$digests',
  withStored: '$withStored',
  matchedEventIds: '$matchedEventIds',
  matchedWebhookIds: '$matchedWebhookIds',
  foundEventIds: '$foundEventIds',
  foundDigests: '$foundDigests',
  foundPointers: '$foundPointers',
  retainedIds: '$retainedIds',
  payloadDays: '$payloadDays',
  occurredAts: '$occurredAts',
  historyDays: '$historyDays',
  apartEventIds: '$apartEventIds',
  apartDigests: '$apartDigests',
  apartPointers: '$apartPointers',
  dataKeyIds: '$dataKeyIds',
};

/** Numbers the parameters that a text names. Their values are passed in this order. */
export function numberParameters(named: string): { text: string; parameters: readonly AcceptParameter[] } {
  const used = new Set(named.match(/\$\w+/g));
  const parameters = Object.keys(P).filter((name): name is AcceptParameter => used.has(`$${name}`));
  const numbers = new Map<string, number>(parameters.map((name, index) => [P[name], index + 1]));
  return { parameters, text: named.replace(/\$\w+/g, (name) => `$${numbers.get(name)}`) };
}
