import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { printResult } from '../command/api-command.js';
import { examples } from '../command/help.js';
import { TENANT_FILTER, timeAgo } from '../command/options.js';
import { details, table } from '../output/text.js';

type Stats = components['schemas']['Stats'];
type Counts = Stats['total'];

const COUNTS = {
  ATTEMPTS: ({ attempts }: Counts) => attempts,
  FAILED: ({ failedAttempts }: Counts) => failedAttempts,
  SUCCESS: ({ successRate }: Counts) => percent(successRate),
  'P50 MS': ({ latencyMs }: Counts) => latencyMs.p50,
  'P99 MS': ({ latencyMs }: Counts) => latencyMs.p99,
};

interface Flags {
  from?: string;
  to?: string;
  webhook?: string;
  tenant?: string;
}

export function addStats(program: Command): void {
  program
    .command('stats')
    .description('Show how many attempts and deliveries succeeded, their latency, and what is pending')
    .option(
      '--from <time>',
      'Start, rounded down to the hour: RFC 3339, or 2h for two hours ago (default: 1h)',
      timeAgo,
    )
    .option('--to <time>', 'End, rounded up to the hour (default: now)', timeAgo)
    .option('--webhook <webhook>', 'Only this webhook, wh_…')
    .option(...TENANT_FILTER)
    .addHelpText('after', examples('posthorn stats --from 1d', 'posthorn stats --webhook wh_… --json'))
    .action(({ from, to, webhook, tenant }: Flags, command: Command) =>
      printResult(
        command,
        // The text shows no intervals, so hours keep the response small.
        (api) => api.stats.get({ from, to, webhookId: webhook, tenantId: tenant, interval: 'hour' }),
        statsText,
      ),
    );
}

function statsText({ from, to, total, pending, webhooks }: Stats): string {
  const { attempts, failedAttempts, succeeded, failed, dropped, latencyMs } = total;
  const summary = details({
    from,
    to,
    attempts: `${attempts}, ${failedAttempts} failed`,
    successRate: percent(total.successRate),
    deliveries: `${succeeded} succeeded, ${failed} failed, ${dropped} dropped`,
    pending: `${pending.queued} queued, ${pending.retrying} retrying, ${pending.held.total} held`,
    latencyMs: attempts === 0 ? null : `p50 ${latencyMs.p50}, p95 ${latencyMs.p95}, p99 ${latencyMs.p99}`,
  });
  const columns = { WEBHOOK: ({ webhookId }: Stats['webhooks'][number]) => webhookId, ...COUNTS };
  return `${summary}\n\n${table(webhooks, columns, 'No attempts')}`;
}

const percent = (share: number | null): string | null =>
  share === null ? null : `${(share * 100).toFixed(2)} %`;
