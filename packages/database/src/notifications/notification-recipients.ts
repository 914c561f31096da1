import {
  type Actor,
  hashAddress,
  hashMailbox,
  PosthornError,
  SYSTEM,
  reason,
  type Reason,
} from '@posthorn/core';
import type { NotificationRecipient } from '../generated/client.js';
import { insertNotices } from './insert-notices.js';
import { CONFIRMATION } from './claim-mail.js';
import { audit } from '../audit/audit.js';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';
import { lockTenant } from '../tenancy/lock-tenant.js';
import { countConfirmation, MAX_CONFIRMATIONS } from './confirmation-limit.js';

/** An address of a tenant. */
interface RecipientTarget {
  tenantId: string;
  address: string;
}

interface NewRecipient extends RecipientTarget {
  /** Maximum number of addresses of the tenant. */
  max: number;
  /** Maximum number of addresses that it may add within a day. */
  maxPerDay: number;
  /** The key that signs the links in emails. */
  key: Buffer;
}

/** An address on behalf of its owner, who followed a link. */
export interface OwnedTarget extends RecipientTarget {
  /** The key that signs the links in emails. */
  key: Buffer;
}

const DAY_MS = 86_400_000;

/** The notice that asks the owner of an address to confirm it concerns no webhook. */
const CONFIRM = `WITH added AS (
  SELECT $1::uuid AS tenant_id, $2::text AS address, '00000000-0000-0000-0000-000000000000'::uuid AS webhook_id,
    '${CONFIRMATION}' AS type, $1::uuid AS owner_id, '{}'::jsonb AS data, now() AS occurred_at, posthorn_uuidv7() AS id
)${insertNotices('added')}
SELECT`;

/**
 * Adds an address, or returns the one that is not confirmed yet, and inserts the notice that asks its owner to confirm it.
 * @returns null if the address is confirmed
 * @throws PosthornError `quota_exceeded`, `address_unsubscribed` or `too_many_confirmations`
 */
export async function addRecipient(
  prisma: PrismaDb,
  { tenantId, address, max, maxPerDay, key }: NewRecipient,
  actor: Actor,
): Promise<NotificationRecipient | null> {
  return prisma.$transaction(async (transaction) => {
    await lockTenant(transaction, tenantId);
    const all = await transaction.notificationRecipient.findMany({ where: { tenantId } });
    const known = all.find((recipient) => recipient.address === address && recipient.removedAt === null);
    if (known?.confirmedAt && !known.unsubscribedAt) return null;
    const where = unsubscriptionOf({ tenantId, address, key });
    if (await transaction.unsubscription.findFirst({ where })) throw unsubscribed();
    if (!known) {
      const others = all.filter((recipient) => recipient.address !== address);
      const present = others.filter(({ removedAt }) => removedAt === null);
      if (present.length >= max) throw tooMany(reason('recipient_limit', { max }), max);
      const ofToday = others.filter(({ createdAt }) => createdAt.getTime() > Date.now() - DAY_MS);
      if (ofToday.length >= maxPerDay)
        throw tooMany(reason('recipients_per_day', { max: maxPerDay }), maxPerDay);
    }
    const fresh = { createdAt: new Date(), confirmedAt: null, unsubscribedAt: null, removedAt: null };
    const recipient =
      known ??
      (await transaction.notificationRecipient.upsert({
        where: { tenantId_address: { tenantId, address } },
        create: { tenantId, address, ...fresh },
        update: fresh,
      }));
    // The same request, if the one before is not sent yet.
    const waiting = { tenantId, address, type: CONFIRMATION, mailId: null };
    if (known && (await transaction.notice.findFirst({ where: waiting }))) return known;
    const retryAfter = await countConfirmation(transaction, hashMailbox(address, key));
    if (retryAfter !== null) throw tooManyConfirmations(retryAfter);
    await transaction.$executeRawUnsafe(CONFIRM, tenantId, address);
    if (!known)
      await record(transaction, { action: 'notification_recipient.added', target: recipient, actor });
    return recipient;
  });
}

const tooMany = (because: Reason, limit: number) =>
  new PosthornError('quota_exceeded', { reason: because, extra: { quota: 'notificationRecipients', limit } });

const unsubscribed = () =>
  new PosthornError('address_unsubscribed', {
    reason: reason('recipient_unsubscribed'),
  });

const tooManyConfirmations = (retryAfter: number) =>
  new PosthornError('too_many_confirmations', {
    reason: reason('confirmation_limit', { max: MAX_CONFIRMATIONS }),
    extra: { retryAfter },
  });

/** Returns the addresses of a tenant, oldest first. */
export async function listRecipients(prisma: PrismaDb, tenantId: string): Promise<NotificationRecipient[]> {
  return prisma.notificationRecipient.findMany({
    where: { tenantId, removedAt: null },
    orderBy: [{ createdAt: 'asc' }, { address: 'asc' }],
  });
}

/** Removes an address with its notices. Returns false if it does not exist. */
export async function removeRecipient(
  prisma: PrismaDb,
  target: RecipientTarget,
  actor: Actor,
): Promise<boolean> {
  return prisma.$transaction(async (transaction) => {
    const { count } = await transaction.notificationRecipient.updateMany({
      where: { ...pick(target), removedAt: null },
      data: { removedAt: new Date() },
    });
    if (count === 0) return false;
    await transaction.notice.deleteMany({ where: pick(target) });
    await record(transaction, { action: 'notification_recipient.removed', target, actor });
    return true;
  });
}

/** Confirms an address on behalf of its owner. Returns false if it was removed. */
export async function confirmRecipient(prisma: PrismaDb, target: OwnedTarget): Promise<boolean> {
  return prisma.$transaction((transaction) => confirm(transaction, target));
}

/**
 * Subscribes an address again on behalf of its owner. If the tenant has removed it, the tenant may add it again, and the contact of the
 * tenant gets emails again.
 */
export async function subscribeRecipient(prisma: PrismaDb, target: OwnedTarget): Promise<void> {
  await prisma.$transaction(async (transaction) => {
    await transaction.unsubscription.deleteMany({ where: unsubscriptionOf(target) });
    await confirm(transaction, { ...target, address: target.address.toLowerCase() });
  });
}

async function confirm(transaction: PrismaTransaction, target: OwnedTarget): Promise<boolean> {
  const { count } = await transaction.notificationRecipient.updateMany({
    where: { ...pick(target), removedAt: null },
    data: { confirmedAt: new Date(), unsubscribedAt: null },
  });
  if (count === 0) return false;
  await transaction.unsubscription.deleteMany({ where: unsubscriptionOf(target) });
  await record(transaction, { action: 'notification_recipient.confirmed', target, actor: OWNER });
  return true;
}

/** Unsubscribes an address on behalf of its owner, also the address of the tenant's contact. Deletes its notices. */
export async function unsubscribeRecipient(
  prisma: PrismaDb,
  { tenantId, address: given, key }: OwnedTarget,
): Promise<void> {
  const address = given.toLowerCase();
  await prisma.$transaction(async (transaction) => {
    const unsubscribedAt = new Date();
    await transaction.notificationRecipient.upsert({
      where: { tenantId_address: { tenantId, address } },
      create: { tenantId, address, unsubscribedAt },
      update: { unsubscribedAt, removedAt: null },
    });
    const unsubscription = unsubscriptionOf({ tenantId, address, key });
    await transaction.unsubscription.createMany({ data: [unsubscription], skipDuplicates: true });
    await transaction.notice.deleteMany({ where: { tenantId, address: { in: [address, given] } } });
    const target = { tenantId, address };
    await record(transaction, { action: 'notification_recipient.unsubscribed', target, actor: OWNER });
  });
}

/** The owner of an address, who followed a link. */
const OWNER: Actor = { ...SYSTEM, name: 'recipient' };

type RecipientAction = `notification_recipient.${'added' | 'removed' | 'confirmed' | 'unsubscribed'}`;

const record = (
  transaction: PrismaTransaction,
  { action, target, actor }: { action: RecipientAction; target: RecipientTarget; actor: Actor },
): Promise<void> =>
  audit(transaction, actor, {
    action,
    tenantId: target.tenantId,
    target: target.address,
    before: null,
    after: null,
  });

const pick = ({ tenantId, address }: RecipientTarget) => ({ tenantId, address });

const unsubscriptionOf = ({ tenantId, address, key }: OwnedTarget) => ({
  tenantId,
  addressHash: new Uint8Array(hashAddress(address, key)),
});
