import http, { type ClientRequest } from 'node:http';
import https from 'node:https';
import { hostOf, portOf } from './check-url.js';
import type { GuardedAgents, GuardedRequestOptions } from './guarded-agents.js';
import type { AdmitAddress } from './guarded-connection.js';
import type { ReadFreshness, WebhookIdentity } from '@posthorn/core';

interface OpeningInput extends ReadFreshness {
  url: URL;
  webhook: WebhookIdentity;
  headers: Record<string, string>;
  deadline: number;
  admits: AdmitAddress | undefined;
}

/** Creates the request with the few options that matter here. It waits for a connection; nothing is written yet. */
export function openRequest(input: OpeningInput, agents: GuardedAgents): ClientRequest {
  const { url, webhook, headers, deadline, admits, isFresh, refresh } = input;
  const secure = url.protocol === 'https:';
  const options: GuardedRequestOptions = {
    method: 'POST',
    host: hostOf(url),
    port: portOf(url),
    path: url.pathname + url.search,
    headers,
    agent: secure ? agents.https : agents.http,
    webhook,
    deadline,
    admits,
    isFresh,
    refresh,
  };
  return secure ? https.request(options) : http.request(options);
}
