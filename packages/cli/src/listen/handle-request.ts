import { memberText } from '@posthorn/core';
import { verify, type WebhookEvent } from '@posthorn/sdk/webhooks';
import { forward } from './forward.js';
import type { ListenerResponse, ReceivedRequest } from './listen-server.js';
import type { Report } from './report.js';

export interface ListenerSettings {
  /** Identifies this listener to others on this machine. */
  listenerId: string;
  /** Undefined until the webhook is created. */
  secret: () => string | undefined;
  forwardTo: URL | undefined;
  report: (report: Report) => void;
}

/** The response to a probe from another listener. */
export interface ListenerIdentity {
  posthornListen: string;
}

/** Verifies a request, echoes the code of a validation request, and forwards everything else. */
export async function handleRequest(
  request: ReceivedRequest,
  settings: ListenerSettings,
): Promise<ListenerResponse> {
  if (request.method !== 'POST') return identify(settings);
  const secret = settings.secret();
  if (secret === undefined) return { status: 503 };
  const arrival = {
    at: new Date().toISOString(),
    id: String(request.headers['webhook-id'] ?? ''),
    bytes: request.body.length,
  };
  let event: WebhookEvent;
  try {
    event = verify(request.body, request.headers, secret);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    settings.report({ kind: 'rejected', ...arrival, verified: false, reason });
    return { status: 401, body: `posthorn listen: ${reason}` };
  }
  if (event.type === 'webhook.validation') {
    settings.report({ kind: 'validation', ...arrival, verified: true });
    return json({ code: event.data['code'] });
  }
  const { forwarded, response } = settings.forwardTo
    ? await forward(settings.forwardTo, request)
    : { forwarded: null, response: { status: 200 } };
  settings.report({
    kind: 'event',
    ...arrival,
    type: event.type,
    verified: true,
    // With --secret, the sender may be another one.
    dataText: memberText(request.body.toString(), 'data') ?? 'null',
    status: response.status,
    forwarded,
  });
  return response;
}

function identify({ listenerId }: ListenerSettings): ListenerResponse {
  const body: ListenerIdentity = { posthornListen: listenerId };
  return json(body);
}

const json = (value: unknown): ListenerResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});
