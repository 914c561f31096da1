import { formatCount } from '../../components/format-number.js';
import { TextLink } from '../../components/text-link.js';
import type { OverviewData } from './overview-data.js';
import { Tile } from './tile.js';

/** How many webhooks there are in each state; each name leads to them. */
export function WebhooksTile({ webhooks }: { webhooks: OverviewData['webhooks'] | undefined }) {
  return (
    <Tile
      label="Webhooks"
      figures={
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
