import type { ReactNode } from 'react';
import { useSeesAllTenants } from '../../api/session.js';
import { Mono } from '../../components/mono.js';
import { TextLink } from '../../components/text-link.js';
import type { AuditEntry } from './audit-entry.js';

/** Shows the target of an entry, with a link if it has a page that the key may see, and was not deleted. */
export function AuditTarget({ entry: { action, target, targetName } }: { entry: AuditEntry }) {
  const seesTenants = useSeesAllTenants();
  const kind = action.split('.')[0] ?? '';
  const name = (
    <>
      {targetName !== null && <>{targetName} </>}
      <Mono>{target}</Mono>
    </>
  );
  if (action.endsWith('.deleted') || (kind === 'tenant' && !seesTenants)) return name;
  return linkTo(kind, target, name);
}

function linkTo(kind: string, target: string, name: ReactNode): ReactNode {
  switch (kind) {
    case 'webhook':
    case 'feed':
      return (
        <TextLink to="/webhooks/$webhookId" params={{ webhookId: target }} inherit>
          {name}
        </TextLink>
      );
    case 'tenant':
      return (
        <TextLink to="/tenants/$tenantId" params={{ tenantId: target }} inherit>
          {name}
        </TextLink>
      );
    case 'event_type':
      return (
        <TextLink to="/event-types/$name" params={{ name: target }} inherit>
          {name}
        </TextLink>
      );
    case 'delivery':
      return (
        <TextLink to="/deliveries/$deliveryId" params={{ deliveryId: target }} inherit>
          {name}
        </TextLink>
      );
    case 'payload':
      return (
        <TextLink to="/events/$eventId" params={{ eventId: target }} inherit>
          {name}
        </TextLink>
      );
    case 'recovery':
      return (
        <TextLink to="/recoveries/$recoveryId" params={{ recoveryId: target }} inherit>
          {name}
        </TextLink>
      );
    default:
      return name;
  }
}
