import { randomUUID } from 'node:crypto';
import { stopRequests } from '@posthorn/local';
import { type Posthorn, PosthornError } from '@posthorn/sdk';
import type { Output } from '../output/output.js';
import { dim } from '../output/style.js';
import { handleRequest, type ListenerSettings } from './handle-request.js';
import {
  createTemporaryWebhook,
  deleteStaleWebhooks,
  type TemporaryWebhook,
  validateTemporaryWebhook,
} from './temporary-webhook.js';
import { startListenServer } from './listen-server.js';
import { reportJson, reportText } from './report.js';

export interface ListenFlags {
  host?: string;
  /** Default: any free port. */
  port?: number;
  /** Default: all. */
  events?: string[];
  forward?: URL;
  publicUrl?: string;
  tenant?: string;
  secret?: string;
  /** Default: print data unless events are forwarded. */
  data?: boolean;
}

/** Receives events until the user stops it: through a temporary webhook, or, with a secret, anything signed with it. */
export async function listen(flags: ListenFlags, output: Output, connect: () => Posthorn): Promise<void> {
  const { host = '127.0.0.1', port = 0, events: eventTypes = ['*'], tenant: tenantId } = flags;
  const api = flags.secret === undefined ? connect() : null;
  const requests = stopRequests();
  requests.onRepeat(() => process.exit(1));
  let { secret } = flags;
  const settings: ListenerSettings = {
    listenerId: randomUUID(),
    secret: () => secret,
    forwardTo: flags.forward,
    report: (report) =>
      output.event(reportJson(report), () => reportText(report, { showData: flags.data ?? !flags.forward })),
  };
  const server = await startListenServer({
    host,
    port,
    handle: (request) => handleRequest(request, settings),
  });
  const address = `${reachableHost(host)}:${server.port}`;
  const url = flags.publicUrl ?? `http://${address}/`;
  try {
    if (api === null) {
      output.event(
        { kind: 'listening', url },
        () => `Ready: verifying requests at ${url}. Press Ctrl-C to stop.\n`,
      );
      await requests.stopped;
    } else {
      const webhook = { id: settings.listenerId, address, url, eventTypes, tenantId };
      await listenAsWebhook(webhook, {
        api,
        output,
        stopped: requests.stopped,
        onSecret: (created) => (secret = created),
      });
    }
  } finally {
    await server.close();
    requests.dispose();
  }
}

interface Running {
  api: Posthorn;
  output: Output;
  stopped: Promise<unknown>;
  onSecret: (secret: string) => void;
}

/** Creates a webhook, and deletes it when stopped. */
async function listenAsWebhook(
  settings: TemporaryWebhook,
  { api, output, stopped, onSecret }: Running,
): Promise<void> {
  for (const id of await deleteStaleWebhooks(api, settings.tenantId))
    output.note(`Deleted ${id}, left behind by a killed listener`);
  const webhook = await createTemporaryWebhook(api, settings);
  const { id: webhookId, secret, url, eventTypes } = webhook;
  try {
    if (secret !== null) onSecret(secret);
    await validateTemporaryWebhook(api, webhook);
    output.event({ kind: 'listening', url, webhookId, eventTypes, secret }, () =>
      [
        `Ready: ${webhookId} receives ${eventTypes.join(', ')} at ${url}`,
        `Signing secret: ${secret} ${dim('(valid for this run)')}`,
        'Press Ctrl-C to stop and delete the webhook.\n',
      ].join('\n'),
    );
    await stopped;
  } finally {
    await deleteTemporaryWebhook(webhookId, { api, output });
  }
}

async function deleteTemporaryWebhook(
  id: string,
  { api, output }: Pick<Running, 'api' | 'output'>,
): Promise<void> {
  try {
    await api.webhooks.delete(id);
    output.note(`Deleted ${id}`);
  } catch (error) {
    if (error instanceof PosthornError && error.code === 'not_found')
      return output.note(`${id} was already deleted`);
    output.note(`Could not delete ${id}. The next listener on this machine will delete it.`);
    throw error;
  }
}

/** Returns the host by which this machine reaches a server that listens on `host`. */
export function reachableHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
