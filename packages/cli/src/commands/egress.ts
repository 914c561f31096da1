import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { printResult } from '../command/api-command.js';
import { examples } from '../command/help.js';
import { list, readPassword } from '../command/options.js';
import { details } from '../output/text.js';
import { tenantReference } from '../command/resolve-tenant.js';
import { UsageError } from '../command/usage-error.js';
import { WEBHOOK_ID } from './edit-webhooks.js';

type TenantEgress = components['schemas']['TenantEgress'];
type RequestedProxy = components['schemas']['PutWebhookEgress']['proxy'];

interface ProxyFlags {
  proxy?: string;
  proxyUser?: string;
  proxyPassword?: string;
  proxyGuards?: boolean;
}

interface TenantFlags extends ProxyFlags {
  networks?: string[];
}

const NONE = 'none';

/** Adds the command for the proxy and the private networks of a tenant. */
export function addTenantEgress(tenants: Command): void {
  addProxyOptions(
    tenants
      .command('egress')
      .description('Show or change how requests to a tenant leave (requires an admin key for all tenants)')
      .argument('<tenant>', 'Tenant id, ten_… or ext:…, its name, or default'),
  )
    .option('--networks <cidrs>', `Private networks that its webhooks may reach; ${NONE} for none`, list)
    .addHelpText(
      'after',
      examples(
        'posthorn tenants egress acme',
        'posthorn tenants egress acme --proxy socks5://proxy.internal:1080',
        'posthorn tenants egress acme --networks 10.20.0.0/16',
      ),
    )
    .action((tenant: string, { networks, ...flags }: TenantFlags, command: Command) =>
      printResult(
        command,
        async (api) => {
          const id = await tenantReference(api, tenant);
          const current = await api.tenants.egress(id);
          if (networks === undefined && !changesProxy(flags)) return current;
          const privateNetworks = networks?.filter((network) => network !== NONE) ?? current.privateNetworks;
          return api.tenants.putEgress(id, { proxy: await toProxy(flags, current.proxy), privateNetworks });
        },
        egressText,
      ),
    );
}

/** Adds the command for the proxy of a webhook. */
export function addWebhookEgress(webhooks: Command): void {
  addProxyOptions(
    webhooks
      .command('egress')
      .description(
        'Show or change the proxy of requests to a webhook (requires an admin key for all tenants)',
      )
      .argument(...WEBHOOK_ID),
  )
    .addHelpText('after', examples('posthorn webhooks egress wh_… --proxy direct'))
    .action((id: string, flags: ProxyFlags, command: Command) =>
      printResult(
        command,
        async (api) => {
          const current = await api.webhooks.egress(id);
          if (!changesProxy(flags)) return current;
          return api.webhooks.putEgress(id, { proxy: await toProxy(flags, current.proxy) });
        },
        egressText,
      ),
    );
}

const addProxyOptions = (command: Command): Command =>
  command
    .option('--proxy <url>', `http://…, https://… or socks5://…; direct for no proxy, ${NONE} to inherit`)
    .option('--proxy-user <name>', 'User name at the proxy')
    .option('--proxy-password <password>', 'Its password: @file or - (stdin)')
    .option('--proxy-guards', 'The proxy decides which addresses may be reached')
    .option('--no-proxy-guards', 'Posthorn decides, and names addresses that it has checked');

const changesProxy = (flags: ProxyFlags): boolean => Object.values(flags).some((flag) => flag !== undefined);

/** Returns the proxy that a request sets. @throws UsageError if there is no proxy to change, or the password is an argument */
async function toProxy(flags: ProxyFlags, current: TenantEgress['proxy']): Promise<RequestedProxy> {
  const { proxy, proxyUser, proxyPassword, proxyGuards } = flags;
  if (proxy === 'direct') return 'direct';
  if (proxy === NONE) return null;
  const before = current === null || current === 'direct' ? null : requested(current);
  if (!changesProxy(flags)) return before ?? (current === 'direct' ? 'direct' : null);
  const url = proxy ?? before?.url;
  if (url === undefined) throw new UsageError('Pass --proxy, too: there is no proxy to change');
  if (proxyPassword !== undefined && proxyPassword !== '-' && !proxyPassword.startsWith('@'))
    throw new UsageError('--proxy-password must be @file or -, so that it is not in the process list');
  return {
    url,
    guards: proxyGuards ?? before?.guards ?? false,
    username: proxyUser ?? before?.username ?? null,
    ...(proxyPassword !== undefined && {
      password: await readPassword('--proxy-password', proxyPassword),
    }),
  };
}

/** Without the password, the API keeps it. */
const requested = ({ url, username, guards }: components['schemas']['Proxy']) => ({ url, username, guards });

function egressText({
  proxy,
  ...others
}: {
  proxy: TenantEgress['proxy'];
  privateNetworks?: string[];
}): string {
  return details(
    typeof proxy === 'object' && proxy !== null
      ? {
          proxy: proxy.url,
          user: proxy.username,
          password: proxy.hasPassword ? 'set' : 'none',
          guards: proxy.guards,
          ...others,
        }
      : { proxy: proxy ?? 'inherited', ...others },
  );
}
