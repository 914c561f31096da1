import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { printResult } from '../command/api-command.js';
import { examples } from '../command/help.js';
import { bold } from '../output/style.js';
import { type Columns, table } from '../output/text.js';

type Attention = components['schemas']['Attention'];
type Row<Kind extends 'failing' | 'suspended' | 'slow' | 'backlog'> = Attention[Kind]['webhooks'][number];

interface Listed {
  webhookId: string;
  tenantId: string;
  url?: string | null;
}

const WEBHOOK = {
  WEBHOOK: ({ webhookId }: Listed) => webhookId,
  TENANT: ({ tenantId }: Listed) => tenantId,
  URL: ({ url }: Listed) => url,
};

type Certificate = Attention['expiring']['certificates'][number];

const CERTIFICATE = {
  WEBHOOK: ({ webhookId }: Certificate) => webhookId,
  TENANT: ({ tenantId }: Certificate) => tenantId,
  KIND: ({ kind }: Certificate) => kind,
  EXPIRES: ({ notAfter }: Certificate) => notAfter,
};

export function addAttention(program: Command): void {
  program
    .command('attention')
    .description(
      'Show what needs attention: failing, suspended and slow webhooks, backlogs, expiring certificates, rejected events',
    )
    .option('--tenant <tenant>', 'Only this tenant (default: all that the key can access)')
    .addHelpText('after', examples('posthorn attention', 'posthorn attention --json | jq .failing.total'))
    .action(({ tenant }: { tenant?: string }, command: Command) =>
      printResult(command, (api) => api.overview.attention({ tenantId: tenant }), attentionText),
    );
}

function attentionText({ failing, suspended, slow, backlog, expiring, rejectedEvents }: Attention): string {
  return [
    section('Failing', failing, {
      ...WEBHOOK,
      SINCE: ({ since }: Row<'failing'>) => since,
      ACKNOWLEDGED: ({ acknowledgedAt }: Row<'failing'>) => acknowledgedAt,
    }),
    section('Suspended by Posthorn', suspended, {
      ...WEBHOOK,
      SUSPENDED: ({ suspendedAt }: Row<'suspended'>) => suspendedAt,
      REASON: ({ reason }: Row<'suspended'>) => reason,
      ACKNOWLEDGED: ({ acknowledgedAt }: Row<'suspended'>) => acknowledgedAt,
    }),
    section('Slowest', slow, { ...WEBHOOK, 'AVERAGE MS': ({ averageMs }: Row<'slow'>) => averageMs }),
    section('Longest backlog', backlog, {
      ...WEBHOOK,
      PENDING: ({ pending }: Row<'backlog'>) => pending,
      OLDEST: ({ oldestAt }: Row<'backlog'>) => oldestAt,
    }),
    `${bold('Certificates that expire within 30 days')}: ${expiring.total}\n${table(expiring.certificates, CERTIFICATE, 'None')}`,
    `${bold('Rejected events of the last 24 hours')}: ${rejectedEvents.total}`,
  ].join('\n\n');
}

function section<Item>(
  title: string,
  { total, webhooks }: { total: number; webhooks: Item[] },
  columns: Columns<Item>,
): string {
  return `${bold(title)}: ${total}\n${table(webhooks, columns, 'None')}`;
}
