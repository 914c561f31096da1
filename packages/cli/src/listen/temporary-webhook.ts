import { hostname } from 'node:os';
import { type components, type Posthorn, PosthornError } from '@posthorn/sdk';
import { unchecked } from '../command/options.js';
import type { ListenerIdentity } from './handle-request.js';

type CreatedWebhook = components['schemas']['CreatedWebhook'];

/** A listener, as stored in the metadata of its webhook. */
interface Listener {
  id: string;
  /** Name of its machine. */
  host: string;
  /** Its address there: `127.0.0.1:4000`. */
  address: string;
}

export interface TemporaryWebhook extends Pick<Listener, 'id' | 'address'> {
  url: string;
  eventTypes: string[];
  tenantId: string | undefined;
}

const PROBE_TIMEOUT_MS = 2000;

const description = (): string => `posthorn listen on ${hostname()}`;

/** Creates the webhook. @throws Error with advice if Posthorn may not send to the URL */
export async function createTemporaryWebhook(
  api: Posthorn,
  webhook: TemporaryWebhook,
): Promise<CreatedWebhook> {
  const { id, address, url, eventTypes, tenantId } = webhook;
  const listener: Listener = { id, host: hostname(), address };
  return api.webhooks
    .create({ url, eventTypes, tenantId, description: description(), metadata: { listener } })
    .catch(withAdvice('url_not_allowed', url));
}

/** Validates the webhook. @throws Error with advice if Posthorn cannot reach this listener */
export async function validateTemporaryWebhook(api: Posthorn, { id, url }: CreatedWebhook): Promise<void> {
  const { status } = await api.webhooks
    .sendValidation(id)
    .catch(withAdvice('validation_delivery_failed', url));
  if (status !== 'confirmed') throw new Error(`Another program is listening at ${url}`);
}

/** Deletes webhooks of killed listeners on this machine and returns their ids. */
export async function deleteStaleWebhooks(api: Posthorn, tenantId: string | undefined): Promise<string[]> {
  const stale: string[] = [];
  for await (const { id, metadata } of api.webhooks.list({ search: description(), tenantId })) {
    const listener = listenerOf(metadata);
    if (listener?.host === hostname() && (await isGone(listener))) stale.push(id);
  }
  for (const id of stale) await api.webhooks.delete(id);
  return stale;
}

/** Returns the listener that made a webhook, or null if none did. */
export function listenerOf({ listener }: Record<string, unknown>): Listener | null {
  const { id, host, address } = unchecked<Partial<Listener>>(listener ?? {});
  const isListener = [id, host, address].every((field) => typeof field === 'string');
  return isListener ? unchecked<Listener>(listener) : null;
}

/**
 * Returns whether a listener has exited: its port is closed or used by another program. A listener that does not respond may
 * only be paused by Ctrl-Z.
 */
async function isGone({ id, address }: Listener): Promise<boolean> {
  try {
    const response = await fetch(`http://${address}/`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    const identify = unchecked<Partial<ListenerIdentity> | null>(await response.json().catch(() => null));
    return identify?.posthornListen !== id;
  } catch (error) {
    return !(error instanceof DOMException);
  }
}

function withAdvice(code: PosthornError['code'], url: CreatedWebhook['url']) {
  return (error: unknown): never => {
    if (!(error instanceof PosthornError) || error.code !== code) throw error;
    throw new Error(
      `Posthorn cannot send to ${url}: ${error.message}. Pass --public-url with a URL that it can reach, or allow this one with ` +
        'POSTHORN_OUTBOUND_ALLOW, POSTHORN_OUTBOUND_HTTP and POSTHORN_OUTBOUND_PORTS.',
      { cause: error },
    );
  };
}
