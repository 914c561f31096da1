import type { components } from '@posthorn/sdk';
import type { ImportedWebhook } from './records.js';

type Imported = components['schemas']['ImportedWebhook'];

/** Describes how a webhook differs from the source, and what to do about it. */
export function notesOf({ action, fields, attested, webhook }: Imported, source: ImportedWebhook): string[] {
  const named = (outcome: Imported['fields'][number]['outcome']) =>
    fields.flatMap((field) => (field.outcome === outcome ? [field.name] : []));
  const [followed, conflicts] = [named('followed'), named('conflict')];
  const kept = named('kept').filter((name) => name !== 'enabled');
  const corrected = named('corrected').filter((name) => name !== 'deleted');
  const isDeleted = fields.some(({ name }) => name === 'deleted');
  const isDisabledOnly = fields.some(({ name, outcome }) => name === 'enabled' && outcome === 'kept');
  const waits = followed.includes('url') && !attested && webhook?.status !== 'pending_validation';
  return [
    ...(isDeleted ? ['deleted by hand, stays deleted (import it without --sync to create it again)'] : []),
    ...(followed.length > 0 ? [`changed: ${followed.join(', ')}`] : []),
    ...(conflicts.length > 0
      ? [`changed by hand and in the source, the hand wins: ${conflicts.join(', ')}`]
      : []),
    ...(corrected.length > 0 ? [`changed by hand, kept: ${corrected.join(', ')}`] : []),
    ...(kept.length > 0 ? [`differs from the source (--sync follows it): ${kept.join(', ')}`] : []),
    ...(isDisabledOnly ? [DISABLED_ONLY[source.isEnabled ? 'enabled' : 'disabled']] : []),
    ...(waits ? ['its new URL must be validated'] : []),
    ...(attested ? ['attested'] : []),
    ...(!isDeleted && !source.isEnabled && (webhook === null || webhook.status === 'pending_validation')
      ? ['disabled: not activated']
      : []),
    ...(action === 'created' && source.secrets.length === 0
      ? ['the source has no secret: it got a new one; rotate it to see one']
      : []),
  ];
}

/** Notes about the status, which does not follow without a flag. */
const DISABLED_ONLY = {
  enabled: 'enabled in the source, suspended here (--sync follows it)',
  disabled: 'disabled in the source, active here (--sync --suspend follows it)',
};
