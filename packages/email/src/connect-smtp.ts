import { parseUrl, settlesWithin } from '@posthorn/core';
import { createTransport, type SMTPTransportOptions } from 'nodemailer';
import type { Mail } from './mail.js';

/**
 * What became of a message. Of an `unknown` one, the server may have accepted the message before the connection broke: it is sent
 * again with the same id.
 */
export type MailResult =
  | { status: 'sent' }
  | { status: 'rejected' | 'unavailable' | 'unknown'; error: string };

export interface SmtpSettings {
  /** `smtp://user:password@host:587` or `smtps://…`. Parameters are options of nodemailer, such as `?requireTLS=false`. */
  url: string;
  /** The sender, as an address or `Name <address>`. */
  from: string;
}

export interface Smtp {
  /** Sends a message. A failure is a result, not an exception. */
  send(mail: Mail): Promise<MailResult>;
}

const PHASE_TIMEOUT_MS = 10_000;
/** For a server that keeps a connection alive without making progress. */
const TOTAL_TIMEOUT_MS = 30_000;

/** Failures before the message is transferred. Later ones leave open whether the server has accepted it. */
const NOT_TRANSFERRED: ReadonlySet<string> = new Set(['EDNS', 'ETLS', 'EAUTH']);

/** Returns a client of an SMTP server. It opens one connection per message, so nothing has to be closed. */
export function connectSmtp({ url, from }: SmtpSettings): Smtp {
  const options: SMTPTransportOptions = {
    url,
    // Credentials are sent only over TLS. Parameters of the URL take precedence.
    requireTLS: hasPassword(url),
    connectionTimeout: PHASE_TIMEOUT_MS,
    dnsTimeout: PHASE_TIMEOUT_MS,
    greetingTimeout: PHASE_TIMEOUT_MS,
    socketTimeout: PHASE_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  return {
    async send(mail) {
      const transport = createTransport(options);
      try {
        const sent = transport.sendMail({
          from,
          to: { name: '', address: mail.to },
          messageId: `<${mail.id}@${domainOf(from)}>`,
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          headers: headersOf(mail),
        });
        if (await settlesWithin(sent, TOTAL_TIMEOUT_MS)) return { status: 'sent' };
        sent.catch(() => {});
        return { status: 'unknown', error: 'Timed out' };
      } catch (error) {
        return failureOf(error);
      } finally {
        transport.close();
      }
    },
  };
}

function headersOf({ unsubscribeUrl }: Mail): Record<string, string> {
  return {
    // Keeps automatic replies away (RFC 3834).
    'Auto-Submitted': 'auto-generated',
    ...(unsubscribeUrl !== null && {
      'List-Unsubscribe': `<${unsubscribeUrl}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    }),
  };
}

interface SmtpError {
  message: string;
  code?: string;
  syscall?: string;
  /** The status of the server's response. */
  responseCode?: number;
}

const MAX_ERROR_LENGTH = 300;

function failureOf(thrown: unknown): MailResult {
  const failure: SmtpError = thrown instanceof Error ? thrown : { message: String(thrown) };
  const { code = '', syscall, responseCode } = failure;
  const error = failure.message.slice(0, MAX_ERROR_LENGTH);
  if (responseCode !== undefined) return { status: 'rejected', error };
  const isUnavailable = syscall === 'connect' || NOT_TRANSFERRED.has(code);
  return { status: isUnavailable ? 'unavailable' : 'unknown', error };
}

const hasPassword = (url: string): boolean => (parseUrl(url)?.password ?? '') !== '';

/** Returns the domain of a sender such as `Name <alerts@example.com>`. */
const domainOf = (from: string): string => /@([\w.-]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
