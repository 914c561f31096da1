import { isDeepStrictEqual } from 'node:util';
import { parseProxyUrl, shownProxyUrl } from '@posthorn/core';
import type { components, Posthorn } from '@posthorn/sdk';
import { z } from 'zod';
import { type NameVariable, resolve, secretText } from './references.js';

type Schemas = components['schemas'];
type ShownProxy = Schemas['WebhookEgress']['proxy'];

/** The settings of a tenant, or of a webhook, which has no private networks. */
export type ShownEgress = Schemas['WebhookEgress'] & Partial<Schemas['TenantEgress']>;

const proxy = z.union([
  z.literal('direct'),
  z.strictObject({
    // A plan shows it.
    url: z.string().refine((url) => !url.includes('@'), {
      message: 'must have no credentials: use username and password',
    }),
    username: z.string().optional(),
    password: secretText.optional(),
    guards: z.boolean().optional(),
  }),
]);

/** In a file. An absent setting is inherited. */
export const configuredEgress = {
  ofTenant: z.strictObject({ proxy: proxy.optional(), privateNetworks: z.array(z.string()).optional() }),
  ofWebhook: z.strictObject({ proxy: proxy.optional() }),
};

type ConfiguredProxy = z.output<typeof proxy>;
export type ConfiguredEgress = z.output<typeof configuredEgress.ofTenant>;

/** Returns the settings without defaults, with a reference in place of the password. Undefined if all have their default. */
export function egressWithReference(
  { proxy: shown, privateNetworks = [] }: ShownEgress,
  nameVariable: NameVariable,
): ConfiguredEgress | undefined {
  if (shown === null && privateNetworks.length === 0) return undefined;
  return {
    ...(shown !== null && { proxy: proxyWithReference(shown, nameVariable) }),
    ...(privateNetworks.length > 0 && { privateNetworks }),
  };
}

function proxyWithReference(shown: NonNullable<ShownProxy>, nameVariable: NameVariable): ConfiguredProxy {
  if (shown === 'direct') return shown;
  const { url, username, hasPassword, guards } = shown;
  return {
    url,
    ...(username !== null && { username }),
    ...(hasPassword && { password: { env: nameVariable('proxy_password') } }),
    ...(guards && { guards }),
  };
}

/** Returns what is compared and printed of the settings: without the password. */
export const comparableEgress = ({ proxy: configured, privateNetworks = [] }: ConfiguredEgress) => ({
  ...(configured && { proxy: comparableProxy(configured) }),
  ...(privateNetworks.length > 0 && { privateNetworks: [...new Set(privateNetworks)].toSorted() }),
});

function comparableProxy(configured: ConfiguredProxy) {
  if (configured === 'direct') return configured;
  const { url, username, password, guards = false } = configured;
  const route = parseProxyUrl(url, guards);
  return {
    // The API adds the default port.
    url: route ? shownProxyUrl(route) : url,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: 'set' }),
    ...(guards && { guards }),
  };
}

interface EgressOwner {
  kind: 'tenant' | 'webhook';
  /** Is called when the egress is set: a new tenant or webhook has its id only then. */
  id: () => string;
}

/**
 * Returns a call that sets the egress of a tenant or webhook. The password is set only if the proxy differs: the API keeps it otherwise.
 *
 * @throws UsageError if the variable of a password is not set
 */
export function egressCall(
  { kind, id }: EgressOwner,
  { before, after, env }: { before: ConfiguredEgress; after: ConfiguredEgress; env: NodeJS.ProcessEnv },
): (api: Posthorn) => Promise<unknown> {
  const keepsPassword = isDeepStrictEqual(comparableEgress(before).proxy, comparableEgress(after).proxy);
  const body = { proxy: requestedProxy(after.proxy, keepsPassword ? null : env) };
  const { privateNetworks = [] } = after;
  return kind === 'tenant'
    ? ({ tenants }) => tenants.putEgress(id(), { ...body, privateNetworks })
    : ({ webhooks }) => webhooks.putEgress(id(), body);
}

/** @param env null keeps the password */
function requestedProxy(configured: ConfiguredProxy | undefined, env: NodeJS.ProcessEnv | null) {
  if (configured === undefined) return null;
  if (configured === 'direct') return configured;
  const { url, username = null, password, guards = false } = configured;
  return {
    url,
    username,
    guards,
    ...(env && { password: password === undefined ? null : resolve(password, env) }),
  };
}
