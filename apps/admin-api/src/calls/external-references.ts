import {
  ALL_TENANTS,
  ExternalReference,
  isJsonObject,
  type JsonObject,
  parseExternalReference,
} from '@posthorn/contract';
import { encodeId, PosthornError, fieldError } from '@posthorn/core';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import { findTenantId, findTenantIds } from '@posthorn/database/tenants/prisma';
import { findWebhookId } from '@posthorn/database/webhooks/prisma';
import { impliedTenantOf, resolveWebhookTenantId, tenantNotFound } from '../access/tenancy.js';
import { type Caller, seesAllTenants } from '../access/authenticate.js';
import type { Input } from '../http/parse-input.js';

/** Returns whether a request names a tenant or webhook by its external id. */
export function hasReferences(input: Input): boolean {
  return partsOf(input).some((part) => Object.values(part).some(isReference));
}

/**
 * Replaces the external ids in the parsed input of a request: ids of tenants by `ten_…`, ids of webhooks by their UUID. A
 * webhook is looked up in the tenant of the key or, for a key for all tenants, in the one that the request names.
 * @throws PosthornError if there is none
 */
export async function resolveReferences(input: Input, caller: Caller, prisma: PrismaDb): Promise<void> {
  const parts = partsOf(input);
  await replaceAll(parts, 'tenant', (externalId) => tenantOf(prisma, { externalId, caller }));
  const named = parts.map(({ tenantId }) => tenantId).find((value) => typeof value === 'string');
  await replaceAll(parts, 'webhook', async (externalId) => {
    if (named === ALL_TENANTS || (named === undefined && impliedTenantOf(caller) === null)) throw ambiguous();
    const id = await findWebhookId(prisma, { tenantId: resolveWebhookTenantId(caller, named), externalId });
    if (id === null) throw new PosthornError('not_found', { detail: 'Webhook not found' });
    return id;
  });
}

/** Replaces the external ids of tenants in the events of a batch, with one lookup. Unknown ones stay. */
export async function resolveTenants(
  events: readonly unknown[],
  prisma: PrismaDb,
): Promise<readonly unknown[]> {
  const references = events.map(tenantReferenceOf);
  const named = new Set(references.flatMap((reference) => reference?.externalId ?? []));
  if (named.size === 0) return events;
  const ids = await findTenantIds(prisma, [...named]);
  return events.map((event, index) => {
    const id = ids.get(references[index]?.externalId ?? '');
    return isJsonObject(event) && id !== undefined ? { ...event, tenantId: encodeId('tenant', id) } : event;
  });
}

function tenantReferenceOf(event: unknown): ExternalReference | null {
  const reference = isJsonObject(event) ? event['tenantId'] : undefined;
  return typeof reference === 'string' ? parseExternalReference('tenant', reference) : null;
}

async function replaceAll(
  parts: readonly JsonObject[],
  kind: ExternalReference['kind'],
  find: (externalId: string) => Promise<string>,
): Promise<void> {
  const replace = async (value: unknown): Promise<unknown> => {
    if (Array.isArray(value)) return Promise.all(value.map(replace));
    return value instanceof ExternalReference && value.kind === kind ? find(value.externalId) : value;
  };
  for (const part of parts)
    for (const [name, value] of Object.entries(part))
      if (isReference(value)) part[name] = await replace(value);
}

async function tenantOf(
  prisma: PrismaDb,
  { externalId, caller }: { externalId: string; caller: Caller },
): Promise<string> {
  // Keys of a tenant do not learn that another one was deleted.
  const id = seesAllTenants(caller)
    ? await findTenantId(prisma, externalId)
    : ((await findTenantIds(prisma, [externalId])).get(externalId) ?? null);
  if (id === null) throw tenantNotFound();
  return encodeId('tenant', id);
}

const ambiguous = () =>
  new PosthornError('invalid_input', {
    errors: [fieldError('tenantId', 'ambiguous_tenant')],
  });

const partsOf = ({ params, query, body }: Input): JsonObject[] => [params, query, body].filter(isJsonObject);

/** Also of a list of webhooks in a query. */
const isReference = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.some((item) => item instanceof ExternalReference)
    : value instanceof ExternalReference;
