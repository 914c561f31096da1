import { Mono } from '../../components/mono.js';
import { TextLink } from '../../components/text-link.js';

/** A link to a delivery, by its id. */
export function DeliveryLink({ deliveryId }: { deliveryId: string }) {
  return (
    <TextLink to="/deliveries/$deliveryId" params={{ deliveryId }} inherit>
      <Mono>{deliveryId}</Mono>
    </TextLink>
  );
}
