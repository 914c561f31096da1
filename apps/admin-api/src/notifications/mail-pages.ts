import { type Request, type Response, Router } from 'express';
import { hashAddress, type Locale, type MailToken, verifyMailToken } from '@posthorn/core';
import { isUnsubscribed } from '@posthorn/database/notifications';
import {
  confirmRecipient,
  type OwnedTarget,
  subscribeRecipient,
  unsubscribeRecipient,
} from '@posthorn/database/notifications/prisma';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import { findTenant } from '@posthorn/database/tenants/prisma';
import { escapeHtml, localeOf, translate } from '@posthorn/email';
import { onRoute } from '../http/request-context.js';
import type { Email, NotificationDeps } from './deps.js';

type MailPageDeps = Pick<NotificationDeps, 'pool' | 'prisma' | 'change' | 'email'>;

interface Action {
  /** The purpose of the link in the email. */
  purpose: MailToken['purpose'];
  /** Keys of texts. */
  title: string;
  button: string;
  done: string;
  /** The action that undoes it. */
  undo: 'subscribe' | null;
  /** Resolves to false if the recipient does not exist. */
  apply: (prisma: PrismaDb, target: OwnedTarget) => Promise<boolean>;
}

/** What the owner of an address can do, by the last part of the path. */
const ACTIONS = {
  confirm: {
    purpose: 'confirm',
    title: 'page.confirmTitle',
    button: 'confirm',
    done: 'page.confirmed',
    undo: null,
    apply: confirmRecipient,
  },
  unsubscribe: {
    purpose: 'unsubscribe',
    title: 'page.unsubscribeTitle',
    button: 'unsubscribe',
    done: 'page.unsubscribed',
    undo: 'subscribe',
    apply: ifTenantExists(unsubscribeRecipient),
  },
  subscribe: {
    purpose: 'unsubscribe',
    title: 'page.subscribeTitle',
    button: 'subscribe',
    done: 'page.subscribed',
    undo: null,
    apply: ifTenantExists(subscribeRecipient),
  },
} as const satisfies Record<string, Action>;

/** A link in an email, with the settings that it was checked with. */
interface Link {
  token: MailToken;
  text: string;
  email: Email;
}

/**
 * Serves the pages that links in emails lead to. A GET changes nothing, since mail programs follow links by themselves: the page has a
 * form that sends a POST. Mail programs also send that POST for their own button (RFC 8058).
 */
export function mailPages(deps: MailPageDeps): Router {
  const router = Router();
  for (const [name, action] of Object.entries<Action>(ACTIONS)) {
    const path = `/notifications/${name}`;
    router.get(path, onRoute(path), (request, response) => show(action, request, response));
    router.post(path, onRoute(path), (request, response) => apply(action, request, response));
  }
  return router;

  function linkOf({ purpose }: Action, { query }: Request): Link | null {
    const { token: text } = query;
    if (!deps.email || typeof text !== 'string') return null;
    const token = verifyMailToken(text, deps.email.key, new Date());
    return token?.purpose === purpose ? { token, text, email: deps.email } : null;
  }

  async function show(action: Action, request: Request, response: Response): Promise<void> {
    const link = linkOf(action, request);
    if (!link) return sendInvalid(response);
    const { tenantId, address } = link.token;
    const addressHash = hashAddress(address, link.email.key);
    if (action.undo && (await isUnsubscribed(deps.pool, { tenantId, addressHash })))
      return sendDone(action, link, response);
    const locale = await localeOfTenant(tenantId);
    const t = translate(locale);
    const form = `<form method="post"><button>${escapeHtml(t(action.button))}</button></form>`;
    send(response, {
      status: 200,
      locale,
      title: t(action.title),
      body: `<p>${escapeHtml(address)}</p>${form}`,
    });
  }

  async function apply(action: Action, request: Request, response: Response): Promise<void> {
    const link = linkOf(action, request);
    if (!link) return sendInvalid(response);
    const { tenantId, address } = link.token;
    const target = { tenantId, address, key: link.email.key };
    const isDone = await deps.change({ caller: { tenantId }, resource: tenantId }, (prisma) =>
      action.apply(prisma, target),
    );
    if (!isDone) return sendInvalid(response);
    await sendDone(action, link, response);
  }

  async function sendDone(action: Action, { token, text }: Link, response: Response): Promise<void> {
    const locale = await localeOfTenant(token.tenantId);
    const t = translate(locale);
    const undo = action.undo
      ? `<form method="post" action="${action.undo}?token=${encodeURIComponent(text)}"><button>${escapeHtml(t(ACTIONS[action.undo].button))}</button></form>`
      : '';
    const body = `<p>${escapeHtml(token.address)}</p><p>${escapeHtml(t(action.done))}</p>${undo}`;
    send(response, { status: 200, locale, title: t(action.title), body });
  }

  async function localeOfTenant(tenantId: string): Promise<Locale> {
    return localeOf((await findTenant(deps.prisma, tenantId))?.locale ?? null);
  }
}

/** Does nothing for a tenant that has been deleted. */
function ifTenantExists(work: (prisma: PrismaDb, target: OwnedTarget) => Promise<void>): Action['apply'] {
  return async (prisma, target) => {
    if (!(await findTenant(prisma, target.tenantId))) return false;
    await work(prisma, target);
    return true;
  };
}

function sendInvalid(response: Response): void {
  const text = translate('en')('page.invalid');
  send(response, { status: 404, locale: 'en', title: text, body: '' });
}

interface Page {
  status: number;
  locale: Locale;
  title: string;
  /** HTML. */
  body: string;
}

function send(response: Response, { status, locale, title, body }: Page): void {
  response.setHeader(
    'content-security-policy',
    "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  );
  response.setHeader('cache-control', 'no-store');
  const heading = escapeHtml(title);
  response
    .status(status)
    .type('html')
    .send(
      `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
        `<title>${heading}</title></head><body><h1>${heading}</h1>${body}</body></html>`,
    );
}
