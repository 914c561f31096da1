import { parseProxyUrl } from '@posthorn/core';
import { z } from 'zod';
import { rule } from '../values/rule.js';
import { text } from '../values/text.js';

const MAX_NETWORKS = 50;

const direct = z.literal('direct');

const proxyUrl = text(500)
  .refine((url) => !url.includes('@'), rule('proxy_credentials'))
  .refine((url) => parseProxyUrl(url, false) !== null, rule('not_proxy_url'))
  .meta({
    description:
      'Scheme, host and port of the proxy. `http` and `https` (TLS to the proxy) use CONNECT. Default port: 3128, 1080 for `socks5`.',
    example: 'http://proxy.internal:3128',
  });

const guards = z.boolean().meta({
  description:
    'Whether the proxy decides which addresses may be reached, as Smokescreen does. It gets the host name of the receiver instead of an ' +
    'address that Posthorn has checked.',
});

const MEANING =
  '`direct` uses no proxy. Null inherits: a webhook the setting of its tenant, a tenant that of the installation (`POSTHORN_OUTBOUND_PROXY`).';

export const proxy = z
  .union([
    direct,
    z
      .strictObject({ url: z.string(), username: z.string().nullable(), hasPassword: z.boolean(), guards })
      .meta({ id: 'Proxy', description: 'A proxy. Its password is never returned.' }),
  ])
  .nullable()
  .meta({ description: `The proxy of requests to receivers. ${MEANING}` });

const requestedProxy = z
  .union(
    [
      direct,
      z
        .strictObject({
          url: proxyUrl,
          username: text(255)
            .min(1)
            .regex(/^[^:]*$/, rule('pattern_mismatch', { pattern: '^[^:]*$' }))
            .nullish(),
          password: text(255).min(1).nullish().meta({
            description:
              'It is stored encrypted. Absent: the password of the present proxy, if it has the same URL and user name. Null: none.',
          }),
          guards: guards.default(false),
        })
        .meta({ id: 'RequestedProxy' }),
    ],
    rule('type_mismatch', { types: 'an object, null or direct' }),
  )
  .nullish()
  .meta({ description: `The proxy of requests to receivers. ${MEANING} Default: null.` });

const cidr = z
  .union([z.cidrv4(), z.cidrv6()], rule('not_network', { example: '10.20.0.0/16' }))
  .meta({ example: '10.20.0.0/16' });

const PRIVATE =
  'Networks (CIDRs) that the webhooks of the tenant may reach in addition to those of all tenants. Each must lie within ' +
  '`POSTHORN_OUTBOUND_PRIVATE_NETWORKS`. Metadata services of clouds stay out of reach.';

export const tenantEgress = z
  .strictObject({ proxy, privateNetworks: z.array(z.string()).meta({ description: PRIVATE }) })
  .meta({ id: 'TenantEgress', description: 'How requests to the webhooks of a tenant leave.' });

export const putTenantEgressBody = z
  .strictObject({
    proxy: requestedProxy,
    privateNetworks: z
      .array(cidr)
      .max(MAX_NETWORKS)
      .nullish()
      .meta({ description: `${PRIVATE} Default: none.` }),
  })
  .meta({ id: 'PutTenantEgress' });

export const webhookEgress = z
  .strictObject({ proxy })
  .meta({ id: 'WebhookEgress', description: 'How requests to a webhook leave.' });

export const putWebhookEgressBody = z
  .strictObject({ proxy: requestedProxy })
  .meta({ id: 'PutWebhookEgress' });

/** The addresses that requests come from. */
export const egressAddresses = z
  .strictObject({
    addresses: z.array(z.string()).meta({ description: 'CIDRs.', example: ['198.51.100.0/28'] }),
  })
  .meta({ id: 'EgressAddresses' });

export type ProxyResponse = z.input<typeof proxy>;
export type RequestedProxy = z.output<typeof requestedProxy>;
export type EgressAddressesResponse = z.input<typeof egressAddresses>;
