import type { ErrorCode, PortalFeature, Scope } from '@posthorn/core';
import { z } from 'zod';
import type { Tag } from './tags.js';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** A successful response of a route. */
export interface ResponseDefinition {
  description: string;
  /**
   * The path of the created resource: `{name}` or `{a.b}` is a member of the body. Absent for a resource that can only be read in a
   * list.
   */
  location?: `/v1/${string}`;
  /** Headers of the response that other routes do not send. */
  headers?: readonly ('Set-Cookie' | 'Idempotency-Replayed')[];
  /** Null for a response without a body. */
  body: z.ZodType | null;
  /** Other media types of the response, a stream of all rows. The client chooses one by `Accept`. With `body: null`, there is no other response. */
  rowTypes?: readonly string[];
  /** The response is a stream of server-sent events; `body` is the schema of their data. */
  stream?: true;
}

/**
 * The resources that a route operates on:
 * - `own`: resources of one tenant; a key of another tenant gets 404
 * - `shared`: resources shared by all tenants, accessible with every key
 * - `all`: resources that only a key for all tenants can access; others get 403
 * - `self`: the calling key
 */
export type Tenancy = 'own' | 'shared' | 'all' | 'self';

/** A feature of portal links, or a list of features of which one is required. */
export type RequiredFeature = PortalFeature | readonly PortalFeature[];

/** One operation of the API. The Express routes and the OpenAPI document are generated from these. */
export interface RouteDefinition {
  method: Method;
  /** In Express form: `/v1/webhooks/:id`. */
  path: `/v1/${string}`;
  tag: Tag;
  summary: string;
  description?: string;
  /** The required scope, or a list of which one entry is required: a scope, or several together. Null: no scope is required. */
  scope: Scope | readonly (Scope | readonly Scope[])[] | null;
  /** What a portal link must allow, in addition to the scope. */
  portalFeatures?: readonly RequiredFeature[];
  /** The API key is sent as `key` in the body instead of a header. */
  keyInBody?: true;
  tenancy: Tenancy;
  /** Invalid path parameters give 404. */
  params?: z.ZodObject;
  /** The `detail` of this 404: what to use instead. */
  paramsHint?: string;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** The schema of the body in the OpenAPI document, if `body` accepts more because its parts are validated later. */
  documentedBody?: z.ZodType;
  /**
   * The resource has an entity tag: GET supports `If-None-Match`, changes support `If-Match` and `If-None-Match`. A POST that creates
   * a resource, which has no parameters in its path, returns the tag of the new one.
   */
  hasEntityTag?: true;
  /** An absent body is treated as `{}`. */
  bodyOptional?: true;
  /** The handler passes on the text of the body. Otherwise, a number that parsing would change is rejected. */
  passesText?: true;
  /** Sends or shows data of stored events. Refused while the database is quarantined. */
  isHeldInQuarantine?: true;
  /** Maximum size of the body, in bytes. Default: `MAX_BODY_BYTES`. */
  maxBodyBytes?: number;
  /**
   * How a POST is idempotent. Default: its response is stored under the `Idempotency-Key`. `event`: by the idempotency key of
   * the event.
   */
  idempotency?: 'event' | 'none';
  /** By HTTP status. */
  responses: Readonly<Record<number, ResponseDefinition>>;
  /** Error codes in addition to those implied by the fields above. */
  errors?: readonly ErrorCode[];
}

/** The response to `If-None-Match`. */
export const NOT_MODIFIED: ResponseDefinition = {
  description: 'The entity tag is in `If-None-Match`: settings and status have not changed.',
  body: null,
};

/** Default maximum size of a request body, in bytes. */
export const MAX_BODY_BYTES = 256 * 1024;

/** Returns every error code that a route can respond with. */
export function errorCodesOf(route: RouteDefinition): ErrorCode[] {
  const codes: ErrorCode[] = [
    'unauthorized',
    'too_many_requests',
    'forbidden',
    'cross_site_request',
    'internal_error',
    'unavailable',
  ];
  if (route.params) codes.push('not_found');
  if (namesTenant(route)) codes.push('tenant_deleted');
  if (route.query || route.body) codes.push('invalid_input');
  if (route.body)
    codes.push('invalid_json', 'request_timeout', 'payload_too_large', 'unsupported_media_type');
  if (route.method === 'post') codes.push('invalid_input');
  if (supportsPreconditions(route)) codes.push('invalid_input', 'precondition_failed');
  if (storesResponse(route)) codes.push('idempotency_in_progress', 'idempotency_key_reused');
  return [...new Set([...codes, ...(route.errors ?? [])])];
}

/** Returns whether a call may name a tenant by its external id. */
const namesTenant = ({ path, params, query, body }: RouteDefinition): boolean =>
  (path.startsWith('/v1/tenants/') && params !== undefined) ||
  [query, body].some((schema) => schema instanceof z.ZodObject && 'tenantId' in schema.shape);

const JSON_TYPE = 'application/json';

/** Returns the types of the body that a route accepts. An update by PATCH is a JSON Merge Patch (RFC 7396). */
export const mediaTypesOf = ({ method }: RouteDefinition): string[] =>
  method === 'patch' ? [JSON_TYPE, 'application/merge-patch+json'] : [JSON_TYPE];

/** Returns whether `If-Match` and `If-None-Match` are conditions of a change. */
export const supportsPreconditions = ({ hasEntityTag, method, params }: RouteDefinition): boolean =>
  hasEntityTag === true && method !== 'get' && (method !== 'post' || params !== undefined);

/** Returns whether responses are stored, so that a request with the same Idempotency-Key gets the first response. */
export function storesResponse(route: RouteDefinition): boolean {
  return route.method === 'post' && route.idempotency === undefined;
}
