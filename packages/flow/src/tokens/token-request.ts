import {
  basicCredentials,
  type Egress,
  type OAuthClient,
  type Outcome,
  PROXY_FAILURE_CODES,
  type ReadFreshness,
  TOKEN_PROXY_FAILURE_CODE,
  type TokenFailureCode,
  type WebhookIdentity,
} from '@posthorn/core';
import { z } from 'zod';

/** A request to a token endpoint, as the sender of `@posthorn/outbound` takes it. */
export interface TokenRequest extends TokenMessage, ReadFreshness {
  webhook: WebhookIdentity;
  admits?: (address: string) => Promise<boolean>;
  /** The route of the requests to the webhook. Undefined for the default connections. */
  profile?: Egress | undefined;
}

interface TokenMessage {
  url: string;
  headers: Record<string, string>;
  body: string;
  timeoutMs: number;
  maxBodyBytes: number;
}

export type SendTokenRequest = (request: TokenRequest) => Promise<Outcome>;

export type TokenResponse =
  /** `usableMs`: until shortly before it expires. */
  | { kind: 'token'; value: string; usableMs: number }
  | { kind: 'failure'; code: TokenFailureCode }
  | { kind: 'not_started' };

const TIMEOUT_MS = 10_000;
const MAX_RESPONSE_BYTES = 64 * 1024;

/** The lifetime of a token whose endpoint does not say it, in seconds. */
const DEFAULT_LIFETIME_S = 300;
const MAX_LIFETIME_S = 86_400;

/** A token is not used in the last part of its lifetime: a tenth, at most a minute. */
const MARGIN = 0.1;
const MAX_MARGIN_MS = 60_000;
const MIN_USABLE_MS = 1000;

/** RFC 6749, section 5.1. Some servers write numbers as strings. A token is printable, so that it fits in a header. */
const issued = z.object({
  access_token: z
    .string()
    .max(8192)
    .regex(/^[!-~]+$/),
  token_type: z
    .string()
    .regex(/^bearer$/i)
    .optional(),
  expires_in: z.coerce.number().min(0).nullish().catch(null),
});

/** RFC 6749, section 5.2. */
const rejected = z.object({ error: z.string() });

const OF_CLIENT = new Set(['invalid_client', 'unauthorized_client']);

/** Requests an access token. Never rejects, and returns nothing of a response that is not a token. */
export async function requestToken(
  client: OAuthClient,
  { send, ...context }: { send: SendTokenRequest } & Omit<TokenRequest, keyof TokenMessage>,
): Promise<TokenResponse> {
  const outcome = await send({ ...composeTokenRequest(client), ...context });
  switch (outcome.kind) {
    case 'response': {
      const read = readResponse(outcome.status, outcome.body);
      const isInvalid = read.kind === 'failure' && read.code === 'token_response_invalid';
      // The status arrived in time, and the body did not.
      return isInvalid && outcome.durationMs >= TIMEOUT_MS
        ? { kind: 'failure', code: 'token_endpoint_timeout' }
        : read;
    }
    case 'failure':
      return { kind: 'failure', code: FAILURES[outcome.code] ?? 'token_endpoint_unreachable' };
    case 'not_started':
      return outcome;
  }
}

const FAILURES: Record<string, TokenFailureCode> = {
  timeout: 'token_endpoint_timeout',
  blocked_address: 'token_endpoint_blocked',
  invalid_url: 'token_endpoint_blocked',
  invalid_response: 'token_response_invalid',
  ...Object.fromEntries(PROXY_FAILURE_CODES.map((code) => [code, TOKEN_PROXY_FAILURE_CODE])),
};

/** Returns the request of RFC 6749, section 4.4.2, with `audience`, which is not part of it. */
export function composeTokenRequest(client: OAuthClient): TokenMessage {
  const { tokenUrl, clientId, clientSecret, scopes, audience, clientAuthentication } = client;
  const isBasic = clientAuthentication === 'client_secret_basic';
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(audience !== null && { audience }),
    ...(!isBasic && { client_id: clientId, client_secret: clientSecret }),
  });
  return {
    url: tokenUrl,
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      ...(isBasic && { authorization: basicCredentials(formEncoded(clientId), formEncoded(clientSecret)) }),
    },
    body: form.toString(),
    timeoutMs: TIMEOUT_MS,
    maxBodyBytes: MAX_RESPONSE_BYTES,
  };
}

/** RFC 6749, section 2.3.1: id and secret are encoded like a form before they are used as user name and password. */
const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);

function readResponse(status: number, body: string): TokenResponse {
  if (status >= 200 && status < 300) return readToken(body);
  if (status >= 300 && status < 400) return { kind: 'failure', code: 'token_endpoint_redirected' };
  const error = rejected.safeParse(parseJson(body)).data?.error;
  if (status === 401 || (error !== undefined && OF_CLIENT.has(error)))
    return { kind: 'failure', code: 'token_client_rejected' };
  const isRejected = status === 400 && error !== undefined;
  return { kind: 'failure', code: isRejected ? 'token_request_rejected' : 'token_endpoint_failed' };
}

function readToken(body: string): TokenResponse {
  const { data } = issued.safeParse(parseJson(body));
  if (!data) return { kind: 'failure', code: 'token_response_invalid' };
  const lifetimeMs = Math.min(data.expires_in ?? DEFAULT_LIFETIME_S, MAX_LIFETIME_S) * 1000;
  const usableMs = Math.max(lifetimeMs - Math.min(lifetimeMs * MARGIN, MAX_MARGIN_MS), MIN_USABLE_MS);
  return { kind: 'token', value: data.access_token, usableMs };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
