import type { z } from 'zod';
import {
  HEADERS_TOO_LARGE,
  type OpenApiOperation,
  type OpenApiParameter,
  problemResponse,
} from './openapi-operation.js';
import { headerReferences, type ResponseHeader } from '../routes/response-headers.js';
import type { Method } from '../routes/route.js';
import type { SchemaComponents } from './schema-components.js';
import {
  callbackQuery,
  logoutBody,
  logoutError,
  SIGN_IN_OPTIONS_PATH,
  signInOptions,
  SSO_CALLBACK_PATH,
  SSO_LOGOUT_PATH,
  SSO_START_PATH,
  startSignInQuery,
} from '../access/sign-in.js';

type Paths = Record<string, Partial<Record<Method, OpenApiOperation>>>;

const SIGN_IN = { tags: ['Session'], security: [] } satisfies Partial<OpenApiOperation>;

const headers = (...names: ResponseHeader[]) => headerReferences(['X-Request-Id', 'Cache-Control', ...names]);

/** Returns the operations of sign-in, by path. They require no API key. */
export function signInPaths(schemas: SchemaComponents): Paths {
  return {
    [SIGN_IN_OPTIONS_PATH]: { get: options(schemas) },
    [SSO_START_PATH]: { get: start(schemas) },
    [SSO_CALLBACK_PATH]: { get: callback(schemas) },
    [SSO_LOGOUT_PATH]: { post: logout(schemas) },
  };
}

const options = (schemas: SchemaComponents): OpenApiOperation => ({
  ...SIGN_IN,
  operationId: 'getSignInOptions',
  summary: 'Get the ways to sign in',
  description: 'Returns how people can sign in to the dashboard.',
  responses: {
    200: {
      description: 'The ways to sign in.',
      headers: headers(),
      content: { 'application/json': { schema: schemas.ofOutput(signInOptions) } },
    },
    ...HEADERS_TOO_LARGE,
  },
});

const start = (schemas: SchemaComponents): OpenApiOperation => ({
  ...SIGN_IN,
  operationId: 'startSingleSignOn',
  summary: 'Start single sign-on',
  description:
    'Redirects the browser to the identity provider, or back to the sign-in page with the reason as `error`.',
  parameters: queryOf(startSignInQuery, schemas),
  responses: {
    302: { description: 'The page to continue at.', headers: headers('Location', 'Set-Cookie') },
    ...notConfigured(schemas),
    ...HEADERS_TOO_LARGE,
  },
});

const callback = (schemas: SchemaComponents): OpenApiOperation => ({
  ...SIGN_IN,
  operationId: 'finishSingleSignOn',
  summary: 'Finish single sign-on',
  description:
    'The redirect URI of the identity provider. Sets the session cookie and redirects the browser to the dashboard, or to its sign-in page ' +
    'with the reason as `error`.',
  parameters: queryOf(callbackQuery, schemas),
  responses: {
    302: { description: 'The page to continue at.', headers: headers('Location', 'Set-Cookie') },
    ...notConfigured(schemas),
    ...HEADERS_TOO_LARGE,
  },
});

const logout = (schemas: SchemaComponents): OpenApiOperation => ({
  ...SIGN_IN,
  operationId: 'logOutByBackChannel',
  summary: 'Log out by the identity provider',
  description:
    'The back-channel logout URI (OpenID Connect Back-Channel Logout 1.0). Ends the sessions that the logout token names.',
  requestBody: {
    required: true,
    content: { 'application/x-www-form-urlencoded': { schema: schemas.ofInput(logoutBody) } },
  },
  responses: {
    200: { description: 'The sessions have ended.', headers: headers() },
    400: {
      description: 'The logout token is missing or not valid.',
      headers: headers(),
      content: { 'application/json': { schema: schemas.ofOutput(logoutError) } },
    },
    ...notConfigured(schemas),
    429: {
      ...problemResponse('`too_many_requests`: too many requests from this IP address.', schemas),
      headers: headers('Retry-After'),
    },
    ...HEADERS_TOO_LARGE,
    503: {
      ...problemResponse('`unavailable`: the identity provider or PostgreSQL does not respond.', schemas),
      headers: headers('Retry-After'),
    },
  },
});

const notConfigured = (schemas: SchemaComponents): OpenApiOperation['responses'] => ({
  404: {
    ...problemResponse('`not_found`: single sign-on is not configured.', schemas),
    headers: headers(),
  },
});

const queryOf = (query: z.ZodObject, schemas: SchemaComponents): OpenApiParameter[] =>
  Object.entries(query.shape).map(([name, field]) => {
    const { description, example, ...schema } = schemas.ofInput(field);
    return { name, in: 'query', required: false, description, example, schema };
  });
