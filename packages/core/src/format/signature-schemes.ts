import type {
  CustomSignature,
  DeliveryFormat,
  SignatureFormat,
  SignatureProfile,
} from './delivery-format.js';

/** A signature and the other headers of its profile. */
export interface SignatureScheme extends CustomSignature {
  /** Further headers that a receiver needs, as templates by name. */
  headers: Readonly<Record<string, string>>;
  /** The beginning of the names of headers with the metadata of the event. */
  metadataPrefix?: string;
  /** The value of the header for a signature with an Ed25519 key, which follows the values of the secrets after a space. */
  ed25519Value?: string;
}

interface ProfileScheme extends SignatureScheme {
  /** The beginning of its header names, which a format can replace. */
  prefix: string;
}

const HMAC = { algorithm: 'hmac-sha256', encoding: 'hex', key: 'text', headers: {} } as const;

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, which is also Svix's scheme */
const standard = (prefix: string): ProfileScheme => ({
  ...HMAC,
  prefix,
  encoding: 'base64',
  key: 'decoded',
  content: '{id}.{timestamp}.{body}',
  header: `${prefix}signature`,
  value: 'v1,{signature}',
  separator: ' v1,',
  ed25519Value: 'v1a,{signature}',
  headers: { [`${prefix}id`]: '{id}', [`${prefix}timestamp`]: '{timestamp}' },
});

/** The schemes of the profiles, as their vendors document them. */
const PROFILES: Record<SignatureProfile, ProfileScheme> = {
  'standard-webhooks': standard('webhook-'),
  svix: standard('svix-'),
  // https://docs.stripe.com/webhooks#verify-manually
  stripe: {
    ...HMAC,
    prefix: 'stripe-',
    content: '{timestamp}.{body}',
    header: 'stripe-signature',
    value: 't={timestamp},v1={signature}',
    separator: ',v1=',
  },
  // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
  github: {
    ...HMAC,
    prefix: 'x-hub-',
    content: '{body}',
    header: 'x-hub-signature-256',
    value: 'sha256={signature}',
  },
  // https://shopify.dev/docs/apps/build/webhooks/subscribe/https
  shopify: {
    ...HMAC,
    prefix: 'x-shopify-',
    encoding: 'base64',
    content: '{body}',
    header: 'x-shopify-hmac-sha256',
    value: '{signature}',
  },
  // https://docs.slack.dev/authentication/verifying-requests-from-slack
  slack: {
    ...HMAC,
    prefix: 'x-slack-',
    content: 'v0:{timestamp}:{body}',
    header: 'x-slack-signature',
    value: 'v0={signature}',
    headers: { 'x-slack-request-timestamp': '{timestamp}' },
  },
  // https://www.getconvoy.io/docs/product-manual/signatures
  convoy: {
    ...HMAC,
    prefix: 'x-convoy-',
    content: '{body}',
    header: 'x-convoy-signature',
    value: '{signature}',
  },
  'convoy-advanced': {
    ...HMAC,
    prefix: 'x-convoy-',
    content: '{timestamp},{body}',
    header: 'x-convoy-signature',
    value: 't={timestamp},v1={signature}',
    separator: ',v1=',
  },
  // https://outpost.hookdeck.com/docs/features/destinations, with its default settings
  outpost: {
    ...HMAC,
    prefix: 'x-outpost-',
    content: '{body}',
    header: 'x-outpost-signature',
    value: 'v0={signature}',
    separator: ',',
    timestampFormat: 'rfc3339',
    headers: {
      'x-outpost-event-id': '{externalEventId}',
      'x-outpost-timestamp': '{timestamp}',
      'x-outpost-topic': '{type}',
    },
    metadataPrefix: 'x-outpost-',
  },
};

/** Returns the schemes of the signatures of a format. */
export const schemesOf = ({ signatures = ['standard-webhooks'] }: DeliveryFormat): SignatureScheme[] =>
  signatures.map(schemeOf);

/** Returns the scheme of a signature. Header names are in lower case. */
export function schemeOf(signature: SignatureFormat): SignatureScheme {
  if (typeof signature === 'string') return PROFILES[signature];
  if ('custom' in signature)
    return { ...signature.custom, header: signature.custom.header.toLowerCase(), headers: {} };
  const profile = PROFILES[signature.profile];
  const { headerPrefix = profile.prefix, algorithm } = signature;
  const renamed = (name: string) => headerPrefix.toLowerCase() + name.slice(profile.prefix.length);
  const scheme: SignatureScheme = {
    ...profile,
    header: renamed(profile.header),
    headers: Object.fromEntries(
      Object.entries(profile.headers).map(([name, value]) => [renamed(name), value]),
    ),
    ...(profile.metadataPrefix !== undefined && { metadataPrefix: renamed(profile.metadataPrefix) }),
  };
  if (algorithm === undefined || scheme.ed25519Value === undefined) return scheme;
  const { ed25519Value: value, ...rest } = scheme;
  return { ...rest, algorithm, value, separator: ` ${value.replace('{signature}', '')}` };
}

/** Returns whether a profile can sign with Ed25519 keys. */
export function knowsEd25519(profile: SignatureProfile): boolean {
  return PROFILES[profile].ed25519Value !== undefined;
}
