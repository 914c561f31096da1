import { newId } from '../ids/ids.js';
import type { Ed25519KeyPair } from './ed25519.js';
import type { Sealer } from './sealing.js';
import type { SecretEncoding, SigningKeys, SigningSecret } from './signing.js';

/** Maximum number of signing secrets of one webhook that are valid at the same time, and of Ed25519 keys. */
export const MAX_LIVE_SECRETS = 5;

/** A signing secret or Ed25519 key as stored in `webhook.secrets`, which lists the newest of each kind first. */
export interface SealedSecret {
  /** A UUIDv7, which contains the time of creation. */
  id: string;
  sealed: string;
  /** RFC 3339; null for the current secret. */
  expiresAt: string | null;
  /** `text`: a secret that is text. Absent: a secret in base64. */
  encoding?: 'text';
  /** `whpk_…` of an Ed25519 key, whose private key is sealed. Absent for secrets. */
  publicKey?: string;
}

/** An Ed25519 key as stored. */
export type SealedEd25519Key = SealedSecret & { publicKey: string };

/** Returns the sealing context of a webhook's secrets and headers. It prevents opening them for another webhook. */
export function webhookSealingContext(webhookId: string): string {
  return `webhook:${webhookId}`;
}

/** Returns the stored secrets of a new webhook. One with `endsAt` is not the current secret. */
export function sealFirstSecret(
  webhookId: string,
  { text, encoding, endsAt }: SigningSecret & { endsAt?: Date },
  sealer: Sealer,
): SealedSecret[] {
  const sealed = sealer.seal(text, webhookSealingContext(webhookId));
  const expiresAt = endsAt?.toISOString() ?? null;
  return [{ id: newId(), sealed, expiresAt, ...(encoding === 'text' && { encoding: 'text' }) }];
}

/** Returns an Ed25519 key of a webhook as stored. */
export function sealEd25519Key(webhookId: string, pair: Ed25519KeyPair, sealer: Sealer): SealedEd25519Key {
  const sealed = sealer.seal(pair.privateKey, webhookSealingContext(webhookId));
  return { id: newId(), sealed, expiresAt: null, publicKey: pair.publicKey };
}

interface Rotation<Key> {
  next: Key;
  overlapEnd: Date;
  now: Date;
}

interface SecretsOwner {
  id: string;
  secrets: readonly SealedSecret[];
}

/**
 * Returns the stored secrets after a rotation: the new one, then the previous ones. A previous secret signs until
 * `overlapEnd`, or until its own expiry if that is earlier. Expired secrets are removed, and the oldest ones above
 * `MAX_LIVE_SECRETS`. One that is the same as the new one is replaced: the call may repeat one whose response was lost.
 */
export function rotateSecrets(
  webhook: SecretsOwner,
  { next, ...times }: Rotation<SigningSecret>,
  sealer: Sealer,
): SealedSecret[] {
  const isSame = (previous: SealedSecret) => {
    const { text, encoding } = openSecret(webhook.id, previous, sealer);
    return text === next.text && encoding === next.encoding;
  };
  const added = sealFirstSecret(webhook.id, next, sealer);
  return [...rotated(onlySecrets(webhook.secrets), added, isSame, times), ...ed25519Keys(webhook.secrets)];
}

/** As `rotateSecrets`, for the Ed25519 keys. The first one is an addition. */
export function rotateEd25519Keys(
  webhook: SecretsOwner,
  { next, ...times }: Rotation<Ed25519KeyPair>,
  sealer: Sealer,
): SealedSecret[] {
  const isSame = ({ publicKey }: SealedSecret) => publicKey === next.publicKey;
  const added = [sealEd25519Key(webhook.id, next, sealer)];
  return [...onlySecrets(webhook.secrets), ...rotated(ed25519Keys(webhook.secrets), added, isSame, times)];
}

function rotated(
  current: readonly SealedSecret[],
  added: SealedSecret[],
  isSame: (secret: SealedSecret) => boolean,
  { overlapEnd, now }: Omit<Rotation<unknown>, 'next'>,
): SealedSecret[] {
  const previous = current.map((secret) => ({
    ...secret,
    expiresAt: isLive(secret, overlapEnd) ? overlapEnd.toISOString() : secret.expiresAt,
  }));
  const others = liveSecrets(previous, now).filter((secret) => !isSame(secret));
  return [...added, ...others].slice(0, MAX_LIVE_SECRETS);
}

/**
 * Returns the stored secrets after one of them was ended. If it was the current secret, the newest of the others becomes the
 * current one, so that the webhook never runs out of secrets.
 */
export function endSecret(
  secrets: readonly SealedSecret[],
  id: string,
  now: Date,
): SealedSecret[] | 'not_found' | 'last_secret' {
  const ended = withoutSecret(onlySecrets(secrets), id, now);
  if (ended === 'not_found') return ended;
  return ended.length === 0 ? 'last_secret' : [...ended, ...ed25519Keys(secrets)];
}

/** As `endSecret`, for an Ed25519 key. The last one can be ended too, unless the webhook has no secret. */
export function endEd25519Key(
  secrets: readonly SealedSecret[],
  id: string,
  now: Date,
): SealedSecret[] | 'not_found' {
  const ended = withoutSecret(ed25519Keys(secrets), id, now);
  return ended === 'not_found' ? ended : [...onlySecrets(secrets), ...ended];
}

function withoutSecret(
  secrets: readonly SealedSecret[],
  id: string,
  now: Date,
): SealedSecret[] | 'not_found' {
  const live = liveSecrets(secrets, now);
  if (!live.some((secret) => secret.id === id)) return 'not_found';
  const [newest, ...others] = live.filter((secret) => secret.id !== id);
  return newest ? [{ ...newest, expiresAt: null }, ...others] : [];
}

/** Returns the stored secrets without the Ed25519 keys. */
export function onlySecrets(secrets: readonly SealedSecret[]): SealedSecret[] {
  return secrets.filter(({ publicKey }) => publicKey === undefined);
}

export function ed25519Keys(secrets: readonly SealedSecret[]): SealedEd25519Key[] {
  return secrets.filter((secret): secret is SealedEd25519Key => secret.publicKey !== undefined);
}

/** Returns the secrets that are valid at `now`, newest first. */
export function liveSecrets<Secret extends SealedSecret>(secrets: readonly Secret[], now: Date): Secret[] {
  return secrets.filter((secret) => isLive(secret, now));
}

function isLive({ expiresAt }: SealedSecret, now: Date): boolean {
  return expiresAt === null || new Date(expiresAt) > now;
}

/** Returns whether two reads of a webhook have the same secrets, so that a signature made after one is right after the other. */
export function hasSameSecrets(a: readonly SealedSecret[], b: readonly SealedSecret[]): boolean {
  return a.length === b.length && a.every(({ id }, index) => id === b[index]?.id);
}

/** Opens the secrets and the Ed25519 keys that are valid at `now`, newest first. */
export function openLiveKeys({ id, secrets }: SecretsOwner, now: Date, sealer: Sealer): SigningKeys {
  const keys = { secrets: new Array<SigningSecret>(), privateKeys: new Array<string>() };
  for (const secret of liveSecrets(secrets, now)) {
    const text = sealer.open(secret.sealed, webhookSealingContext(id));
    if (secret.publicKey === undefined) keys.secrets.push({ text, encoding: encodingOf(secret) });
    else keys.privateKeys.push(text);
  }
  return keys;
}

/** Opens one secret. */
export const openSecret = (webhookId: string, secret: SealedSecret, sealer: Sealer): SigningSecret => ({
  text: sealer.open(secret.sealed, webhookSealingContext(webhookId)),
  encoding: encodingOf(secret),
});

const encodingOf = ({ encoding }: SealedSecret): SecretEncoding => encoding ?? 'base64';
