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
import { reportText } from './report.js';

export interface ListenFlags {
  host?: string;
  /** Undefined: any that is free. */
  port?: number;
  /** Undefined: all. */
  events?: string[];
  forward?: URL;
  publicUrl?: string;
  tenant?: string;
  secret?: string;
  /** Undefined: shown when nothing is forwarded. */
  data?: boolean;
}

/** Receives until somebody asks to stop: as a webhook of its own, or, with a secret, whatever is signed with that. */
export async function listen(flags: ListenFlags, output: Output, connect: () => Posthorn): Promise<void> {
  const { host = '127.0.0.1', port = 0, events: eventTypes = ['*'], tenant: tenantId } = flags;
  const api = flags.secret === undefined ? connect() : null;
  const requests = stopRequests();
  requests.onInsisting(() => process.exit(1));
  let { secret } = flags;
  const settings: ListenerSettings = {
    listenerId: randomUUID(),
    secret: () => secret,
    forwardTo: flags.forward,
    report: (report) =>
      output.event(report, () => reportText(report, { showData: flags.data ?? !flags.forward })),
  };
  const receiver = await startListenServer({
    host,
    port,
    handle: (request) => handleRequest(request, settings),
  });
  const address = `${reachableHost(host)}:${receiver.port}`;
  const url = flags.publicUrl ?? `http://${address}/`;
  try {
    if (api === null) {
      output.event(
        { kind: 'listening', url },
        () => `Ready: what arrives at ${url} is verified. Ctrl-C ends it.\n`,
      );
      await requests.stopped;
    } else {
      const own = { id: settings.listenerId, address, url, eventTypes, tenantId };
      await listenAsWebhook(own, {
        api,
        output,
        stopped: requests.stopped,
        onSecret: (made) => (secret = made),
      });
    }
  } finally {
    await receiver.close();
    requests.dispose();
  }
}

interface Running {
  api: Posthorn;
  output: Output;
  stopped: Promise<unknown>;
  onSecret: (secret: string) => void;
}

/** Makes a webhook, and deletes it at the end. */
async function listenAsWebhook(
  own: TemporaryWebhook,
  { api, output, stopped, onSecret }: Running,
): Promise<void> {
  for (const id of await deleteStaleWebhooks(api, own.tenantId))
    output.note(`Deleted ${id}, which a listener that was killed had left here.`);
  const webhook = await createTemporaryWebhook(api, own);
  const { id: webhookId, secret, url, eventTypes } = webhook;
  try {
    onSecret(secret);
    await validateTemporaryWebhook(api, webhook);
    output.event({ kind: 'listening', url, webhookId, eventTypes, secret }, () =>
      [
        `Ready: ${webhookId} gets ${eventTypes.join(', ')} at ${url}`,
        `Signing secret: ${secret} ${dim('(of this run)')}`,
        'Ctrl-C ends it and deletes the webhook.\n',
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
    output.note(`${id} is deleted.`);
  } catch (error) {
    if (error instanceof PosthornError && error.code === 'not_found')
      return output.note(`${id} was deleted already.`);
    output.note(`${id} could not be deleted: the next listener on this machine does it.`);
    throw error;
  }
}

/** Where this machine reaches what listens at `host`. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
