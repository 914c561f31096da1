import { describe, expect, it } from '@jest/globals';
import { isSameRequest, type RequestKind, type ValidatedWebhook } from '../../src/index.js';

const SECRET = { id: 'one', sealed: 'sealed', expiresAt: null };

const read = (changes: Partial<ValidatedWebhook> = {}): ValidatedWebhook => ({
  id: 'webhook',
  version: '1',
  tenantId: 'tenant',
  tenantStatus: 'active',
  tenantEpoch: 0,
  status: 'active',
  epoch: 0,
  resumedEpoch: 0,
  sentFromEpoch: 0,
  url: 'https://receiver.example/',
  secrets: [SECRET],
  headersSealed: null,
  authSealed: null,
  clientCertificateId: null,
  caCertificatesId: null,
  proxySealed: null,
  tenantProxySealed: null,
  privateNetworks: ['10.0.0.0/8'],
  formatId: null,
  retrySchedule: null,
  timeoutMs: 10_000,
  rateLimit: null,
  maxInFlight: 100,
  onExhausted: 'skip',
  maxBlockedMinutes: 60,
  validatedAt: new Date(0),
  isSlow: false,
  failingSince: null,
  pendingUrl: null,
  headersApprovedOrigin: null,
  ...changes,
});

const CHANGED: Required<ValidatedWebhook> = {
  id: 'webhook',
  version: '2',
  tenantId: 'tenant',
  tenantStatus: 'suspended',
  tenantEpoch: 1,
  status: 'suspended',
  epoch: 1,
  resumedEpoch: 1,
  sentFromEpoch: null,
  url: 'https://other.example/',
  secrets: [{ ...SECRET, id: 'two' }],
  headersSealed: 'x',
  authSealed: 'x',
  clientCertificateId: 'x',
  caCertificatesId: 'x',
  proxySealed: 'x',
  tenantProxySealed: 'x',
  privateNetworks: [],
  formatId: 'x',
  retrySchedule: [1],
  timeoutMs: 1000,
  rateLimit: { limit: 1, perSeconds: 1 },
  maxInFlight: 1,
  onExhausted: 'block',
  maxBlockedMinutes: 1,
  validatedAt: null,
  isSlow: true,
  failingSince: new Date(0),
  pendingUrl: 'x',
  headersApprovedOrigin: 'x',
};

/** Returns the fields whose change stops requests of a kind. */
const stopping = (kind: RequestKind): string[] =>
  Object.entries(CHANGED)
    .filter(([field, value]) => !isSameRequest(kind, read(), read({ [field]: value })))
    .map(([field]) => field);

const STATE = ['tenantStatus', 'tenantEpoch', 'status', 'epoch', 'resumedEpoch', 'sentFromEpoch'];
const ROUTE = ['proxySealed', 'tenantProxySealed', 'privateNetworks'];
const OF_RECEIVER = [
  'url',
  'secrets',
  'headersSealed',
  'clientCertificateId',
  'caCertificatesId',
  'formatId',
];

describe('a request that was built of an earlier read', () => {
  it.each<[RequestKind, string[]]>([
    ['event', [...STATE, 'authSealed', ...ROUTE, ...OF_RECEIVER]],
    [
      'validation',
      [
        ...STATE,
        'authSealed',
        ...ROUTE,
        ...OF_RECEIVER,
        'validatedAt',
        'pendingUrl',
        'headersApprovedOrigin',
      ],
    ],
    ['token', [...STATE, 'authSealed', ...ROUTE]],
  ])('is the same unless something changes that it depends on: %s', (kind, fields) => {
    expect(isSameRequest(kind, read(), read())).toBe(true);
    expect(stopping(kind).toSorted()).toEqual(fields.toSorted());
  });
});
