import { formatCount } from '../../components/format-number.js';
import { TextLink } from '../../components/text-link.js';
import type { OverviewData } from './overview-data.js';
import { Tile } from './tile.js';

/** The number of webhooks by status, with links to the filtered lists. */
export function WebhooksTile({ webhooks }: { webhooks: OverviewData['webhooks'] | undefined }) {
  return (
    <Tile
      label="Webhooks"
      metrics={
        webhooks && [
          { name: 'Active', value: formatCount(webhooks.active), link: linkTo('active') },
          { name: 'Suspended', value: formatCount(webhooks.suspended), link: linkTo('suspended') },
          {
            name: 'Pending',
            value: formatCount(webhooks.pendingValidation),
            link: linkTo('pending_validation'),
          },
        ]
      }
    />
  );
}

function linkTo(status: 'active' | 'suspended' | 'pending_validation') {
  return (name: string) => (
    <TextLink to="/webhooks" search={{ status }} inherit>
      {name}
    </TextLink>
  );
}
