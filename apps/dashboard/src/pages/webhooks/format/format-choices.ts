import type { components } from '../../../generated/api.js';
import { t } from '../../../i18n/t.js';

type DeliveryFormat = components['schemas']['DeliveryFormat'];
export type Profile = components['schemas']['SignatureProfile'];

/** A built-in body, or `template`. */
type BodyChoice = components['schemas']['BuiltInBody'] | 'template';

export const BODY_LABELS: Record<BodyChoice, string> = {
  envelope: t('Event with id, type, timestamp and data'),
  data: t('Only the data'),
  cloudevents: 'CloudEvents',
  'cloudevents-binary': t('CloudEvents, attributes in headers'),
  form: t('HTML form, URL-encoded'),
  slack: t('Slack message'),
  teams: t('Microsoft Teams message'),
  discord: t('Discord message'),
  template: t('Template (in the JSON below)'),
};

export const PROFILE_LABELS: Record<Profile, string> = {
  'standard-webhooks': 'Standard Webhooks',
  svix: 'Svix',
  stripe: 'Stripe',
  github: 'GitHub',
  shopify: 'Shopify',
  slack: 'Slack',
  convoy: t('Convoy, simple'),
  'convoy-advanced': t('Convoy, advanced'),
  outpost: 'Outpost',
};

const EXAMPLE_TEMPLATE = '{"event": {type}, "data": {data}}';

export function bodyChoiceOf({ body = 'envelope' }: DeliveryFormat): BodyChoice {
  return typeof body === 'string' ? body : 'template';
}

export function withBody(format: DeliveryFormat, choice: BodyChoice): DeliveryFormat {
  const { body: _, source, ...rest } = format;
  if (choice === 'template') return { body: { template: EXAMPLE_TEMPLATE }, ...rest };
  const hasSource = source !== undefined && choice.startsWith('cloudevents');
  return { body: choice, ...(hasSource && { source }), ...rest };
}

/** Returns the profiles without their own settings. */
export function profilesOf({ signatures = ['standard-webhooks'] }: DeliveryFormat): Profile[] {
  return signatures.filter((signature) => typeof signature === 'string');
}

/** Sets the profiles, and keeps the signatures with settings. */
export function withProfiles(format: DeliveryFormat, profiles: readonly Profile[]): DeliveryFormat {
  const others = (format.signatures ?? []).filter((signature) => typeof signature !== 'string');
  const { signatures: _, ...rest } = format;
  const signatures = [...profiles, ...others];
  return signatures.length === 0 ? rest : { ...rest, signatures };
}
