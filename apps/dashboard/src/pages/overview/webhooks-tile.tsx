import { formatCount } from '../../components/format-number.js';
import { TextLink } from '../../components/text-link.js';
import type { OverviewData } from './overview-data.js';
import { Tile } from './tile.js';

/** The number of webhooks by status and health, with links to the filtered lists. */
export function WebhooksTile({ webhooks }: { webhooks: OverviewData['webhooks'] | undefined }) {
  return (
    <Tile
      label="Webhooks"
      metrics={
        webhooks && [
          { name: 'Active', value: formatCount(webhooks.active), link: linkTo('active') },
          { name: 'Failing', value: formatCount(webhooks.health.failing), link: linkToHealth('failing') },
          {
            name: 'Throttled',
            value: formatCount(webhooks.health.throttled),
            link: linkToHealth('throttled'),
          },
          { name: 'Suspended', value: formatCount(webhooks.suspended), link: linkTo('suspended') },
          {
            name: 'Unvalidated',
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
