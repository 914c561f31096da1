import type { ReactNode } from 'react';
import { Mono } from '../../components/mono.js';
import { TextLink } from '../../components/text-link.js';
import type { AuditEntry } from './audit-entry.js';

/** Shows the target of an entry, with a link if it has a page and was not deleted. */
export function AuditTarget({ entry: { action, target, targetName } }: { entry: AuditEntry }) {
  const name = (
    <>
      {targetName !== null && <>{targetName} </>}
      <Mono>{target}</Mono>
    </>
  );
  if (action.endsWith('.deleted')) return name;
  return linkTo(action.split('.')[0] ?? '', target, name);
}

function linkTo(kind: string, target: string, name: ReactNode): ReactNode {
  switch (kind) {
    case 'webhook':
      return (
        <TextLink to="/webhooks/$webhookId" params={{ webhookId: target }} inherit>
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
