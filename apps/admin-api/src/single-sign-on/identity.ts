import { type PersonClaims, plainLine } from '@posthorn/core';
import { z } from 'zod';

/** A person, as the identity provider describes them. */
export interface Identity {
  subject: string;
  /** For people: the email address if it is verified, or else a name. */
  name: string;
  email: string | null;
  claims: PersonClaims;
  /** The session at the identity provider, which a logout may name. */
  sid: string | null;
}

/** An identifier of OpenID Connect. */
export const identifier = z.string().regex(/^[\x20-\x7e]{1,255}$/);

const MAX_NAME_LENGTH = 200;

const line = z
  .string()
  .transform((text) => plainLine(text, MAX_NAME_LENGTH))
  .refine((text) => text !== '')
  .nullish()
  .catch(null);

const email = z
  .string()
  .max(320)
  .regex(/^[^\s\p{Cc}]+@[^\s@\p{Cc}]+$/u)
  .nullish()
  .catch(null);

/** Claims that rules do not depend on are ignored if they are not valid. */
const claims = z.looseObject({
  sub: identifier,
  sid: identifier.nullish(),
  email,
  email_verified: z.boolean().catch(false),
  name: line,
  preferred_username: line,
  // Of Microsoft Entra: the token names where to read claims that it does not include.
  _claim_names: z.record(z.string(), z.unknown()).nullish().catch(null),
  hasgroups: z.boolean().catch(false),
});

type Claims = Record<string, unknown>;

/** Returns whether claims have an email address and say whether it is verified. */
export const hasEmailClaims = ({ email: address, email_verified: isVerified }: Claims): boolean =>
  address !== undefined && isVerified !== undefined;

/**
 * Returns the claims of the ID token, and the claims that only the user info endpoint returns. The email address and whether it is verified are
 * of the same source: an address is not verified because another one is.
 */
export function mergeClaims(idToken: Claims, userInfo: Claims): Claims {
  const sources = [idToken, userInfo];
  const { email: address, email_verified: isVerified } =
    sources.find(hasEmailClaims) ?? sources.find((each) => each['email'] !== undefined) ?? {};
  return { ...userInfo, ...idToken, email: address, email_verified: isVerified };
}

/** Returns the person that claims describe. @throws ZodError */
export function identityOf(all: Record<string, unknown>, groupsClaim: string): Identity {
  const { _claim_names: omitted, ...person } = claims.parse(all);
  const address = person.email ?? null;
  // People can enter the address of someone else at some providers.
  const verified = person.email_verified ? address : null;
  return {
    subject: person.sub,
    name: plainLine(verified ?? person.name ?? person.preferred_username ?? person.sub, MAX_NAME_LENGTH),
    email: address,
    claims: {
      groups: groupsOf(all[groupsClaim]),
      hasOmittedGroups: person.hasgroups || Object.hasOwn(omitted ?? {}, groupsClaim),
      email: address,
      isEmailVerified: person.email_verified,
    },
    sid: person.sid ?? null,
  };
}

/** Returns groups of a claim that is a list, or one text. Other values are not groups. */
const groupsOf = (value: unknown): string[] =>
  [value].flat().filter((group): group is string => typeof group === 'string');
