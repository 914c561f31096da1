import { NO_BARRIER, type Outcome } from '@posthorn/core';
import {
  createSender,
  parseOutboundRules,
  type OutboundRequest,
  type Sender,
  type SenderOptions,
} from '../../src/index.js';

/** Rules that allow the servers of a test. */
export const LOOPBACK_RULES = parseOutboundRules({
  allow: ['127.0.0.0/8', '::1/128'],
  http: true,
  ports: '*',
});

const open: Sender[] = [];

/** Creates a sender that may send only to loopback, and never closes a connection because it is idle. closeSenders stops it. */
export function loopbackSender(options: SenderOptions = {}): Sender {
  const sender = createSender(LOOPBACK_RULES, { idleTimeoutMs: 3_600_000, ...options });
  open.push(sender);
  return sender;
}

export async function closeSenders(): Promise<void> {
  for (const sender of open.splice(0)) await sender.stop();
}

/** Returns a POST of `{}` with a timeout of 30 s. */
export function post(url: string, more: Partial<OutboundRequest> = {}): OutboundRequest {
  const webhook = { id: 'webhook', tenantId: 'tenant' };
  return { webhook, url, headers: {}, body: '{}', timeoutMs: 30_000, ...NO_BARRIER, ...more };
}

/** Returns the failure code or the status of an outcome. */
export function gist(outcome: Outcome): string {
  if (outcome.kind === 'response') return String(outcome.status);
  return outcome.kind === 'failure' ? outcome.code : outcome.kind;
}
