import { formatCount } from '../../components/format-number.js';
import { TextLink } from '../../components/text-link.js';
import type { OverviewData } from './overview-data.js';
import { Tile } from './tile.js';
import { t } from '../../i18n/t.js';

interface WebhookFilter {
  status?: 'active' | 'suspended' | 'pending_validation';
  health?: 'failing' | 'throttled';
}

interface WebhooksTileProps {
  webhooks: OverviewData['webhooks'] | undefined;
  /** The tenant of the lists. Absent: the one that the page shows. */
  tenantId?: string;
}

/** The number of webhooks by status and health, with links to the filtered lists. */
export function WebhooksTile({ webhooks, tenantId }: WebhooksTileProps) {
  const ofTenant = tenantId === undefined ? {} : { tenant: tenantId };
  const linkTo = (filter: WebhookFilter) => (name: string) => (
    <TextLink to="/webhooks" search={{ ...filter, ...ofTenant }} inherit>
      {name}
    </TextLink>
  );
  return (
    <Tile
      label={t('Webhooks')}
      metrics={
        webhooks && [
          { name: t('Active'), value: formatCount(webhooks.active), link: linkTo({ status: 'active' }) },
          {
            name: t('Failing'),
            value: formatCount(webhooks.health.failing),
            link: linkTo({ health: 'failing' }),
          },
          {
            name: t('Throttled'),
            value: formatCount(webhooks.health.throttled),
            link: linkTo({ health: 'throttled' }),
          },
          {
            name: t('Suspended'),
            value: formatCount(webhooks.suspended),
            link: linkTo({ status: 'suspended' }),
          },
          {
            name: t('Unvalidated'),
            value: formatCount(webhooks.pendingValidation),
            link: linkTo({ status: 'pending_validation' }),
          },
        ]
      }
    />
  );
}
