import { type Request, type Response, Router } from 'express';
import { type Locale, type MailToken, verifyMailToken } from '@posthorn/core';
import { confirmRecipient, findTenant, unsubscribeRecipient } from '@posthorn/database/prisma';
import { escapeHtml, localeOf, translate } from '@posthorn/email';
import type { ApiDeps } from './deps.js';
import { onRoute } from './http/request-context.js';

type MailPageDeps = Pick<ApiDeps, 'prisma' | 'change' | 'email'>;

const PURPOSES = ['confirm', 'unsubscribe'] as const;

/**
 * Serves the pages that links in emails lead to. A GET changes nothing, since mail programs follow links by themselves: the page has a
 * form that sends a POST. Mail programs also send that POST for their own button (RFC 8058).
 */
export function mailPages(deps: MailPageDeps): Router {
  const router = Router();
  for (const purpose of PURPOSES) {
    const path = `/notifications/${purpose}`;
    router.get(path, onRoute(path), (request, response) => show(purpose, request, response));
    router.post(path, onRoute(path), (request, response) => apply(purpose, request, response));
  }
  return router;

  function tokenOf(purpose: MailToken['purpose'], { query }: Request): MailToken | null {
    const { token } = query;
    if (!deps.email || typeof token !== 'string') return null;
    const found = verifyMailToken(token, deps.email.key, new Date());
    return found?.purpose === purpose ? found : null;
  }

  async function show(purpose: MailToken['purpose'], request: Request, response: Response): Promise<void> {
    const token = tokenOf(purpose, request);
    if (!token) return sendInvalid(response);
    const locale = await localeOfTenant(token.tenantId);
    const t = translate(locale);
    const title = t(`page.${purpose}Title`);
    const button = t(purpose === 'confirm' ? 'confirm' : 'unsubscribe');
    const form = `<form method="post"><button>${escapeHtml(button)}</button></form>`;
    send(response, { status: 200, locale, title, body: `<p>${escapeHtml(token.address)}</p>${form}` });
  }

  async function apply(purpose: MailToken['purpose'], request: Request, response: Response): Promise<void> {
    const token = tokenOf(purpose, request);
    if (!token) return sendInvalid(response);
    const { tenantId, address } = token;
    const isDone = await deps.change({ caller: { tenantId }, resource: tenantId }, async (prisma) => {
      if (purpose === 'confirm') return confirmRecipient(prisma, token);
      // The tenant may have been deleted.
      if (!(await findTenant(prisma, tenantId))) return false;
      await unsubscribeRecipient(prisma, token);
      return true;
    });
    if (!isDone) return sendInvalid(response);
    const locale = await localeOfTenant(tenantId);
    const t = translate(locale);
    const text = t(purpose === 'confirm' ? 'page.confirmed' : 'page.unsubscribed');
    const body = `<p>${escapeHtml(address)}</p><p>${escapeHtml(text)}</p>`;
    send(response, { status: 200, locale, title: t(`page.${purpose}Title`), body });
  }

  async function localeOfTenant(tenantId: string): Promise<Locale> {
    return localeOf((await findTenant(deps.prisma, tenantId))?.locale ?? null);
  }
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
