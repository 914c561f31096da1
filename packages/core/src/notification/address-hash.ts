import { createHmac } from 'node:crypto';

/**
 * Returns a keyed hash of an address, by which it is recognized without being stored: its owner may never have agreed to anything.
 * @param key that signs the links in emails
 */
export function hashAddress(address: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(`address:${address.toLowerCase()}`).digest();
}

/** Returns the keyed hash of the mailbox of an address: `a+tag@b.example` usually belongs to the owner of `a@b.example`. */
export function hashMailbox(address: string, key: Buffer): Buffer {
  return hashAddress(address.replace(/^([^+@]+)\+[^@]*@/, '$1@'), key);
}
