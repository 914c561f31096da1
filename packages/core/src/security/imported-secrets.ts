import type { Sealer } from './sealing.js';
import type { SigningSecret } from './signing.js';
import {
  ed25519Keys,
  MAX_LIVE_SECRETS,
  onlySecrets,
  openSecret,
  rotateSecrets,
  type SealedSecret,
  sealFirstSecret,
} from './webhook-secrets.js';

/** The secrets that another system signs with. */
export interface ImportedSecrets {
  current: SigningSecret;
  /** Newest first. Those that have ended end here, too. Empty if the other system does not reveal them. */
  previous: readonly (SigningSecret & { endsAt: Date })[];
}

interface Context {
  /** Whether the present secrets are those of the other system: it knows all that are valid, if it reveals previous ones. */
  areOfSource: boolean;
  now: Date;
  /** When the present secrets of the webhook end, unless the other system knows them. */
  overlapEnd: Date;
}

/** Returns the stored secrets of a webhook, perhaps a new one without any, that signs like another system from now on. */
export function sealImportedSecrets(
  webhook: { id: string; secrets: readonly SealedSecret[] },
  { current, previous, areOfSource, ...times }: ImportedSecrets & Context,
  sealer: Sealer,
): SealedSecret[] {
  const valid = previous.filter(({ endsAt }) => endsAt > times.now);
  // Ids are in the order of creation, so the oldest is sealed first.
  const added = valid
    .toReversed()
    .flatMap((secret) => sealFirstSecret(webhook.id, secret, sealer))
    .toReversed();
  const [newest, ...others] = onlySecrets(rotateSecrets(webhook, { next: current, ...times }, sealer));
  const isComplete = areOfSource && previous.length > 0;
  const kept = (isComplete ? [] : others).filter((stored) => {
    const { text, encoding } = openSecret(webhook.id, stored, sealer);
    return !previous.some((secret) => secret.text === text && secret.encoding === encoding);
  });
  const secrets = [...(newest ? [newest] : []), ...added, ...kept].slice(0, MAX_LIVE_SECRETS);
  return [...secrets, ...ed25519Keys(webhook.secrets)];
}
