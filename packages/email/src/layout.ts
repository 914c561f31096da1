import { plainLine } from '@posthorn/core';
import type { MailContent } from './mail.js';
import { escapeHtml } from './translate.js';

/** A part of a message. */
export type Block =
  | { kind: 'heading'; text: string }
  | { kind: 'line'; text: string }
  | { kind: 'note'; text: string }
  | { kind: 'link'; text: string; url: string };

const MAX_SUBJECT_LENGTH = 150;
const MAX_LINE_LENGTH = 1000;

const STYLE = {
  body: 'font: 15px/1.5 system-ui, sans-serif; max-width: 40em',
  heading: 'font-size: 16px; margin: 24px 0 4px',
  line: 'margin: 0 0 4px',
  note: 'margin: 16px 0 0; color: #666; font-size: 13px',
};

/** Returns a message as text and as HTML. */
export function layOut(subject: string, blocks: readonly Block[], locale: string): MailContent {
  return {
    subject: plainLine(subject, MAX_SUBJECT_LENGTH),
    text: `${blocks.map(textOf).join('\n').trim()}\n`,
    html: `<!doctype html><html lang="${locale}"><body style="${STYLE.body}">${blocks.map(htmlOf).join('')}</body></html>`,
  };
}

function textOf(block: Block): string {
  switch (block.kind) {
    case 'heading':
    case 'note':
      return `\n${plainLine(block.text, MAX_LINE_LENGTH)}`;
    case 'line':
      return plainLine(block.text, MAX_LINE_LENGTH);
    case 'link':
      return `${plainLine(block.text, MAX_LINE_LENGTH)}: ${block.url}`;
  }
}

function htmlOf(block: Block): string {
  const text = escapeHtml(plainLine(block.text, MAX_LINE_LENGTH));
  switch (block.kind) {
    case 'heading':
      return `<h2 style="${STYLE.heading}">${text}</h2>`;
    case 'line':
      return `<p style="${STYLE.line}">${text}</p>`;
    case 'note':
      return `<p style="${STYLE.note}">${text}</p>`;
    case 'link':
      return `<p style="${STYLE.line}"><a href="${escapeHtml(block.url)}">${text}</a></p>`;
  }
}
