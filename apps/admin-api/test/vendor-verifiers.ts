import { createHmac, timingSafeEqual } from 'node:crypto';
import { jest } from '@jest/globals';
import { LinearWebhookClient } from '@linear/sdk/webhooks';
import { verify as verifyGitHub } from '@octokit/webhooks-methods';
import { Paddle } from '@paddle/paddle-node-sdk';
import { verifyKey } from 'discord-interactions';
import { Webhook } from 'standardwebhooks';
import { Stripe } from 'stripe';
import { Webhook as SvixWebhook } from 'svix';

/** A request as its receiver got it. */
export interface SignedRequest {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** Returns whether a request is valid, or throws if it is not. @param secret as Posthorn returns it; for Discord the public key */
export type Verifier = (request: SignedRequest, secret: string) => unknown;

type Encoding = 'hex' | 'base64';

const hmac = (secret: string, content: string, encoding: Encoding = 'hex', hash = 'sha256'): string =>
  createHmac(hash, secret).update(content).digest(encoding);

function areEqual(one: string, other: string | undefined): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other ?? '')];
  return first.length === second.length && timingSafeEqual(first, second);
}

const MAX_AGE_MS = 300_000;
const isRecent = (timeMs: number): boolean => Math.abs(Date.now() - timeMs) < MAX_AGE_MS;

/** Makes a call at another time than now. */
function at<Result>(now: number, call: () => Result): Result {
  jest.useFakeTimers({ now, doNotFake: ['nextTick', 'queueMicrotask', 'performance', 'hrtime'] });
  try {
    return call();
  } finally {
    jest.useRealTimers();
  }
}

/** Reads `t=1,v1=a`. */
const partsOf = (header: string | undefined): Record<string, string> =>
  Object.fromEntries((header ?? '').split(/, ?/).map((part) => part.split('=', 2)));

/** The libraries of the vendors verify, or, where there is none of at most 30 MB, the procedure that the vendor documents. */
export const VERIFIERS: Record<string, Verifier> = {
  Stripe: ({ headers, body }, secret) =>
    new Stripe('sk_test_unused').webhooks.constructEvent(body, headers['stripe-signature'] ?? '', secret),
  GitHub: ({ headers, body }, secret) => verifyGitHub(secret, body, headers['x-hub-signature-256'] ?? ''),
  // https://shopify.dev/docs/apps/build/webhooks/subscribe/https
  Shopify: ({ headers, body }, secret) =>
    areEqual(hmac(secret, body, 'base64'), headers['x-shopify-hmac-sha256']),
  // https://docs.slack.dev/authentication/verifying-requests-from-slack
  Slack({ headers, body }, secret) {
    const time = headers['x-slack-request-timestamp'];
    const expected = `v0=${hmac(secret, `v0:${time}:${body}`)}`;
    return isRecent(Number(time) * 1000) && areEqual(expected, headers['x-slack-signature']);
  },
  Svix: ({ headers, body }, secret) => new SvixWebhook(secret).verify(body, headers),
  'Standard Webhooks': ({ headers, body }, secret) => new Webhook(secret).verify(body, headers),
  // https://developer.squareup.com/docs/webhooks/step3validate
  Square: ({ url, headers, body }, secret) =>
    areEqual(hmac(secret, url + body, 'base64'), headers['x-square-hmacsha256-signature']),
  // The library accepts requests of the last 5 s.
  Paddle({ headers, body }, secret) {
    const signature = headers['paddle-signature'] ?? '';
    const [, seconds] = /^ts=(\d+);/.exec(signature) ?? [];
    return at(Number(seconds) * 1000, () =>
      new Paddle('unused').webhooks.isSignatureValid(body, secret, signature),
    );
  },
  Linear: ({ headers, body }, secret) =>
    new LinearWebhookClient(secret).verify(Buffer.from(body), headers['linear-signature'] ?? ''),
  // https://www.typeform.com/developers/webhooks/secure-your-webhooks/
  Typeform: ({ headers, body }, secret) =>
    areEqual(`sha256=${hmac(secret, body, 'base64')}`, headers['typeform-signature']),
  // https://developers.zoom.us/docs/api/webhooks/#verify-webhook-events
  Zoom({ headers, body }, secret) {
    const content = `v0:${headers['x-zm-request-timestamp']}:${body}`;
    return areEqual(`v0=${hmac(secret, content)}`, headers['x-zm-signature']);
  },
  // https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks
  WooCommerce: ({ headers, body }, secret) =>
    areEqual(hmac(secret, body, 'base64'), headers['x-wc-webhook-signature']),
  // https://developer.calendly.com/api-docs/webhook-signatures
  Calendly({ headers, body }, secret) {
    const { t = '', v1 } = partsOf(headers['calendly-webhook-signature']);
    return isRecent(Number(t) * 1000) && areEqual(hmac(secret, `${t}.${body}`), v1);
  },
  // https://vercel.com/docs/webhooks/webhooks-api#securing-webhooks
  Vercel: ({ headers, body }, secret) =>
    areEqual(hmac(secret, body, 'hex', 'sha1'), headers['x-vercel-signature']),
  // https://paystack.com/docs/payments/webhooks/#verify-event-origin
  Paystack: ({ headers, body }, secret) =>
    areEqual(hmac(secret, body, 'hex', 'sha512'), headers['x-paystack-signature']),
  // https://github.com/webhookx-io/webhookx/blob/main/plugins/webhookx_signature/plugin.go
  WebhookX({ headers, body }, secret) {
    const expected = `v1=${hmac(secret, `${headers['webhookx-timestamp']}.${body}`)}`;
    return areEqual(expected, headers['webhookx-signature']);
  },
  Discord({ headers, body }, publicKey) {
    const { 'x-signature-ed25519': signature = '', 'x-signature-timestamp': time = '' } = headers;
    return verifyKey(body, signature, time, publicKey);
  },
  // https://developer.zendesk.com/documentation/webhooks/verifying/
  Zendesk({ headers, body }, secret) {
    const time = headers['x-zendesk-webhook-signature-timestamp'] ?? '';
    const expected = hmac(secret, time + body, 'base64');
    return isRecent(Date.parse(time)) && areEqual(expected, headers['x-zendesk-webhook-signature']);
  },
  // https://dev.twitch.tv/docs/eventsub/handling-webhook-events/#verifying-the-event-message
  Twitch({ headers, body }, secret) {
    const time = headers['twitch-eventsub-message-timestamp'] ?? '';
    const expected = `sha256=${hmac(secret, `${headers['twitch-eventsub-message-id']}${time}${body}`)}`;
    return isRecent(Date.parse(time)) && areEqual(expected, headers['twitch-eventsub-message-signature']);
  },
  // https://developers.hubspot.com/docs/guides/apps/authentication/validating-requests#validate-the-v3-request-signature
  'HubSpot v3'({ url, headers, body }, secret) {
    const time = headers['x-hubspot-request-timestamp'] ?? '';
    const expected = hmac(secret, `POST${decodedUri(url)}${body}${time}`, 'base64');
    return isRecent(Number(time)) && areEqual(expected, headers['x-hubspot-signature-v3']);
  },
  // https://workos.com/docs/events/data-syncing/webhooks
  WorkOS({ headers, body }, secret) {
    const { t = '', v1 } = partsOf(headers['workos-signature']);
    return isRecent(Number(t)) && areEqual(hmac(secret, `${t}.${body}`), v1);
  },
  // https://www.twilio.com/docs/usage/webhooks/webhooks-security
  Twilio({ url, headers, body }, secret) {
    const parameters = Object.fromEntries(new URLSearchParams(body));
    const names = Object.keys(parameters).toSorted();
    const content = url + names.map((name) => name + parameters[name]).join('');
    return areEqual(hmac(secret, content, 'base64', 'sha1'), headers['x-twilio-signature']);
  },
  // https://outpost.hookdeck.com/docs/destinations/webhook
  Outpost({ headers, body }, secret) {
    const [, signatures = ''] = /^v0=(.+)$/.exec(headers['x-outpost-signature'] ?? '') ?? [];
    return signatures.split(',').some((signature) => areEqual(hmac(secret, body), signature));
  },
};

/** Decodes the characters that HubSpot decodes before it signs. */
const decodedUri = (uri: string): string =>
  uri.replaceAll(/%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/g, (encoded) => decodeURIComponent(encoded));
