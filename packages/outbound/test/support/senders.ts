import type { Outcome } from '@posthorn/core';
import {
  createSender,
  parseOutboundRules,
  type OutboundRequest,
  type Sender,
  type SenderOptions,
} from '../../src/index.js';

/** What a test's own servers need. */
export const LOOPBACK_RULES = parseOutboundRules({
  allow: ['127.0.0.0/8', '::1/128'],
  http: true,
  ports: '*',
});

const open: Sender[] = [];

/** A sender that may talk to loopback only; closed by closeSenders. */
export function loopbackSender(options: SenderOptions = {}): Sender {
  const sender = createSender(LOOPBACK_RULES, options);
  open.push(sender);
  return sender;
}

export async function closeSenders(): Promise<void> {
  for (const sender of open.splice(0)) await sender.stop();
}

/** A POST of `{}` with 5 s to go. */
export function post(url: string, more: Partial<OutboundRequest> = {}): OutboundRequest {
  return { url, headers: {}, body: '{}', timeoutMs: 5000, ...more };
}

/** The failure code or the status, in one word. */
export function gist(outcome: Outcome): string {
  if (outcome.kind === 'response') return String(outcome.status);
  return outcome.kind === 'failure' ? outcome.code : outcome.kind;
}
