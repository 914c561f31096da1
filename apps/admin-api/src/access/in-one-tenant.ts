import { isJsonObject, type RouteDefinition, ROUTES } from '@posthorn/contract';
import { decodeId, DEFAULT_TENANT_ID, type Sealer } from '@posthorn/core';
import { findOwner, type OwnedKind } from '@posthorn/database/access';
import type { Pool } from '@posthorn/database/connection';
import { openReceipt } from './erasure-receipt.js';
import type { Caller } from './authenticate.js';
import type { Input } from '../http/parse-input.js';
import { tenantRequired } from './tenancy.js';

/** What a path such as `/v1/webhooks/:id` names. */
const KINDS: Readonly<Record<string, OwnedKind>> = {
  webhooks: 'webhook',
  events: 'event',
  deliveries: 'delivery',
  replays: 'replay',
  recoveries: 'recovery',
  'rejected-events': 'rejectedEvent',
  'api-keys': 'apiKey',
  'portal-links': 'apiKey',
  erasures: 'erasure',
};

/** What a query or a body names, by the name of the field. Of several, the first. */
const FIELDS: readonly [field: string, kind: OwnedKind][] = [
  ['webhookId', 'webhook'],
  ['eventId', 'event'],
  ['ids', 'delivery'],
];

interface Call {
  route: RouteDefinition;
  input: Input;
}

interface Deps {
  pool: Pool;
  sealer: Sealer;
}

interface Acting {
  caller: Caller;
  /** Whether a limited key reaches what the call names. */
  isReached: boolean;
}

/**
 * Returns the caller of a call, as a key of one tenant if it is limited to several: the tenant that the call names, that of its resource,
 * or the only one. So whatever handles the call needs no condition for several tenants. A tenant or resource out of reach is left to
 * it, which does not find it.
 *
 * @throws PosthornError if the call concerns no particular tenant
 */
export async function inOneTenant(caller: Caller, call: Call, deps: Deps): Promise<Acting> {
  const { tenantIds } = caller;
  if (tenantIds === null || call.route.tenancy === 'self') return { caller, isReached: true };
  const [first] = tenantIds;
  if (first === undefined) throw new Error('A key that is limited to tenants has at least one');
  const tenantId = call.route.tenancy === 'shared' ? first : await tenantOf(tenantIds, call, deps);
  const isReached = tenantId !== null && tenantIds.includes(tenantId);
  return { caller: { ...caller, tenantId: isReached ? tenantId : first }, isReached };
}

/** Returns the tenant of a call, which may be out of reach. Null if its resource has none. */
async function tenantOf(
  tenantIds: readonly string[],
  { route, input }: Call,
  { pool, sealer }: Deps,
): Promise<string | null> {
  const named = namedTenant(route, input);
  if (named !== null) return named;
  const receipt = route === ROUTES.createErasure ? fieldOf(input.body, 'receipt') : undefined;
  if (receipt !== undefined) return openReceipt(receipt, sealer).tenantId;
  const resource = namedResource(route, input);
  if (resource !== null) return findOwner(pool, resource);
  const [only, ...others] = tenantIds;
  if (only === undefined || others.length > 0) throw tenantRequired();
  return only;
}

/** Returns the tenant that a call names, or null. A name that is no id gives a text that is no tenant of a key. */
function namedTenant({ path }: RouteDefinition, { params, query, body }: Input): string | null {
  const parts = path.startsWith('/v1/tenants/') ? [params] : [query, body];
  const field = path.startsWith('/v1/tenants/') ? 'id' : 'tenantId';
  const [name] = parts.flatMap((part) => fieldOf(part, field) ?? []);
  if (name === undefined) return null;
  return name === 'default' ? DEFAULT_TENANT_ID : (decodeId('tenant', name) ?? name);
}

function namedResource(
  route: RouteDefinition,
  { params, query, body }: Input,
): { kind: OwnedKind; id: string } | null {
  // The path of `putWebhook` has an external id, which any tenant can have.
  const kind = route === ROUTES.putWebhook ? undefined : KINDS[route.path.split('/')[2] ?? ''];
  const id = fieldOf(params, 'id');
  if (kind !== undefined && id !== undefined) return { kind, id };
  const named = FIELDS.flatMap(([field, kindOfField]) =>
    [query, body].flatMap((part) => {
      const value = fieldOf(part, field);
      return value === undefined ? [] : { kind: kindOfField, id: value };
    }),
  );
  return named[0] ?? null;
}

/** Returns the text of a field, or the first of a list of texts. */
function fieldOf(part: unknown, name: string): string | undefined {
  const value = isJsonObject(part) ? part[name] : undefined;
  const [text]: unknown[] = [value].flat();
  return typeof text === 'string' ? text : undefined;
}
