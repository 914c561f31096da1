import { formatCount } from '../../components/format-number.js';
import { TextLink } from '../../components/text-link.js';
import type { OverviewData } from './overview-data.js';
import { Tile } from './tile.js';
import { t } from '../../i18n/t.js';

/** The number of webhooks by status and health, with links to the filtered lists. */
export function WebhooksTile({ webhooks }: { webhooks: OverviewData['webhooks'] | undefined }) {
  return (
    <Tile
      label={t('Webhooks')}
      metrics={
        webhooks && [
          { name: t('Active'), value: formatCount(webhooks.active), link: linkTo('active') },
          { name: t('Failing'), value: formatCount(webhooks.health.failing), link: linkToHealth('failing') },
          {
            name: t('Throttled'),
            value: formatCount(webhooks.health.throttled),
            link: linkToHealth('throttled'),
          },
          { name: t('Suspended'), value: formatCount(webhooks.suspended), link: linkTo('suspended') },
          {
            name: t('Unvalidated'),
            value: formatCount(webhooks.pendingValidation),
            link: linkTo('pending_validation'),
          },
        ]
      }
    />
  );
}

function linkToHealth(health: 'failing' | 'throttled') {
  return (name: string) => (
    <TextLink to="/webhooks" search={{ health }} inherit>
      {name}
    </TextLink>
  );
}

function linkTo(status: 'active' | 'suspended' | 'pending_validation') {
  return (name: string) => (
    <TextLink to="/webhooks" search={{ status }} inherit>
      {name}
    </TextLink>
  );
}
