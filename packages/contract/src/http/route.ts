import type { ErrorCode, Scope } from '@posthorn/core';
import type { z } from 'zod';

export type Method = 'get' | 'post' | 'patch' | 'delete';

/** An answer of success: what it means, and its body, null when it has none. */
export interface AnswerDefinition {
  description: string;
  body: z.ZodType | null;
  /** The body comes again and again, as the data of server-sent events. */
  stream?: true;
}

/**
 * Whose things a call is about:
 * - `own`: those of one tenant; to a key that is bound to another they do not exist (404)
 * - `shared`: those of no tenant, for every key
 * - `all`: only for keys that are not bound to a tenant (403)
 * - `self`: the key itself
 */
export type Tenancy = 'own' | 'shared' | 'all' | 'self';

/** One call of the API. The Express routes and the OpenAPI document are both made from these. */
export interface RouteDefinition {
  method: Method;
  /** In Express form: `/v1/webhooks/:id`. */
  path: `/v1/${string}`;
  tag: string;
  summary: string;
  description?: string;
  /** The scope that is needed; of several, any one. Null: whatever the key may do. */
  scope: Scope | readonly Scope[] | null;
  /** The key comes as `key` in the body, not in a header. */
  keyInBody?: true;
  tenancy: Tenancy;
  /** What does not fit is not found. */
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** The schema of the body for the document, where the one above takes more, to judge it part by part. */
  documentedBody?: z.ZodType;
  /** An absent body stands for `{}`. */
  bodyOptional?: true;
  /** Most bytes of the body, 256 KiB unless said. */
  maxBodyBytes?: number;
  /** How a POST is made safe to repeat: by storing its answer (unless said), by the event's own key, or not at all. */
  idempotency?: 'event' | 'none';
  answers: Readonly<Record<number, AnswerDefinition>>;
  /** Error codes beyond those that follow from the fields above. */
  errors?: readonly ErrorCode[];
}

/** Most bytes of a body unless its route says otherwise. */
export const MAX_BODY_BYTES = 256 * 1024;

/** Every error code that a route can answer with. */
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
  if (route.query || route.body) codes.push('invalid_input');
  if (route.body) codes.push('invalid_json', 'payload_too_large', 'unsupported_media_type');
  if (route.method === 'post') codes.push('invalid_input');
  if (storesAnswer(route)) codes.push('idempotency_in_progress', 'idempotency_key_reused');
  return [...new Set([...codes, ...(route.errors ?? [])])];
}

/** Whether a repeat with the same Idempotency-Key is given the stored answer of the first. */
export function storesAnswer(route: RouteDefinition): boolean {
  return route.method === 'post' && route.idempotency === undefined;
}
