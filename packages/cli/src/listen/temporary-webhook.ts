import { hostname } from 'node:os';
import { type components, type Posthorn, PosthornError } from '@posthorn/sdk';
import { unchecked } from '../options.js';
import type { ListenerIdentity } from './handle-request.js';

type CreatedWebhook = components['schemas']['CreatedWebhook'];

/** Who listens, as the metadata of its webhook say. */
interface Listener {
  id: string;
  /** The machine that it runs on. */
  host: string;
  /** Where it answers there: `127.0.0.1:4000`. */
  address: string;
}

export interface TemporaryWebhook extends Pick<Listener, 'id' | 'address'> {
  url: string;
  eventTypes: string[];
  tenantId: string | undefined;
}

const PROBE_TIMEOUT_MS = 2000;

const description = (): string => `posthorn listen on ${hostname()}`;

/** @throws Error saying what to do when Posthorn may not send to the URL */
export async function createTemporaryWebhook(api: Posthorn, own: TemporaryWebhook): Promise<CreatedWebhook> {
  const { id, address, url, eventTypes, tenantId } = own;
  const listener: Listener = { id, host: hostname(), address };
  return api.webhooks
    .create({ url, eventTypes, tenantId, description: description(), metadata: { listener } })
    .catch(explaining('url_not_allowed', url));
}

/** @throws Error saying what to do when Posthorn does not reach this listener */
export async function validateTemporaryWebhook(api: Posthorn, { id, url }: CreatedWebhook): Promise<void> {
  const { status } = await api.webhooks
    .sendValidation(id)
    .catch(explaining('validation_delivery_failed', url));
  if (status !== 'confirmed') throw new Error(`something else than this listener answers at ${url}`);
}

/** Deletes what listeners on this machine left behind that were killed, and answers the ids. */
export async function deleteStaleWebhooks(api: Posthorn, tenantId: string | undefined): Promise<string[]> {
  const stale: string[] = [];
  for await (const { id, metadata } of api.webhooks.list({ search: description(), tenantId })) {
    const listener = listenerOf(metadata);
    if (listener?.host === hostname() && (await isGone(listener))) stale.push(id);
  }
  for (const id of stale) await api.webhooks.delete(id);
  return stale;
}

function listenerOf({ listener }: Record<string, unknown>): Listener | null {
  return unchecked<Listener | null>(listener ?? null);
}

/** Its port is closed, or somebody else is there. One that says nothing may be stopped and go on. */
async function isGone({ id, address }: Listener): Promise<boolean> {
  try {
    const response = await fetch(`http://${address}/`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    const identify = unchecked<Partial<ListenerIdentity> | null>(await response.json().catch(() => null));
    return identify?.posthornListen !== id;
  } catch (error) {
    return !(error instanceof DOMException);
  }
}

function explaining(code: PosthornError['code'], url: string) {
  return (error: unknown): never => {
    if (!(error instanceof PosthornError) || error.code !== code) throw error;
    throw new Error(
      `Posthorn cannot send to ${url}: ${error.message}. Say with --public-url where it reaches this listener; ` +
        'what it may reach is for POSTHORN_OUTBOUND_ALLOW, POSTHORN_OUTBOUND_HTTP and POSTHORN_OUTBOUND_PORTS to say.',
      { cause: error },
    );
  };
}
