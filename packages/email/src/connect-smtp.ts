import { PassThrough } from 'node:stream';
import { parseUrl } from '@posthorn/core';
import { createTransport, type SMTPTransportOptions } from 'nodemailer';
import type { Mail } from './mail.js';

/**
 * What became of a message. Of an `unknown` one, the server may have accepted the message before the connection broke: it is sent
 * again with the same id.
 */
export type MailResult =
  | { status: 'sent' }
  | { status: 'rejected' | 'unavailable' | 'unknown'; error: string };

interface SmtpSettings {
  /** `smtp://user:password@host:587` or `smtps://…`. Parameters are options of nodemailer, such as `?requireTLS=false`. */
  url: string;
  /** The sender, as an address or `Name <address>`. */
  from: string;
}

export interface Smtp {
  /** Sends a message. A failure is a result, not an exception. An abort ends it, with its reason as the error. */
  send(mail: Mail, signal?: AbortSignal): Promise<MailResult>;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Some servers scan a message before they accept it. */
const SOCKET_TIMEOUT_MS = 90_000;
/** For a server that keeps a connection alive without making progress. Shorter than the lease of a message. */
const TOTAL_TIMEOUT_MS = 100_000;

/** Returns a client of an SMTP server. It opens one connection per message, so nothing has to be closed. */
export function connectSmtp({ url, from }: SmtpSettings): Smtp {
  const options: SMTPTransportOptions = {
    url,
    // Credentials are sent only over TLS. Parameters of the URL take precedence.
    requireTLS: hasPassword(url),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    dnsTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  return {
    async send(mail, signal) {
      const ending = new AbortController();
      const end = () => ending.abort(signal?.reason);
      signal?.addEventListener('abort', end);
      if (signal?.aborted) end();
      const timer = setTimeout(() => ending.abort(new Error('Timed out')), TOTAL_TIMEOUT_MS);
      let isTransferred = false;
      const transport = createTransport(options).use('stream', ({ message }, done) => {
        // Called after the login. From then on, a failure leaves open whether the server has accepted the message.
        message?.transform(() => {
          isTransferred = true;
          return new PassThrough();
        });
        done();
      });
      try {
        await transport.sendMail({
          from,
          to: { name: '', address: mail.to },
          messageId: `<${mail.id}@${domainOf(from)}>`,
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          headers: headersOf(mail),
          signal: ending.signal,
        });
        return { status: 'sent' };
      } catch (thrown) {
        return failureOf(ending.signal.aborted ? ending.signal.reason : thrown, isTransferred);
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
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

const MAX_ERROR_LENGTH = 300;

function failureOf(thrown: unknown, isTransferred: boolean): MailResult {
  const error = (thrown instanceof Error ? thrown.message : String(thrown)).slice(0, MAX_ERROR_LENGTH);
  // The status of the server's response.
  if (thrown instanceof Error && 'responseCode' in thrown) return { status: 'rejected', error };
  return { status: isTransferred ? 'unknown' : 'unavailable', error };
}

const hasPassword = (url: string): boolean => (parseUrl(url)?.password ?? '') !== '';

/** Returns the domain of a sender such as `Name <alerts@example.com>`. */
const domainOf = (from: string): string => /@([\w.-]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
