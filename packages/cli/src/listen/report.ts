import { withDataText } from '@posthorn/core';
import { JsonText } from '../output/json-text.js';
import { dim, paint, printable } from '../output/style.js';
import { prettyJson } from '../output/text.js';
import type { Forwarded } from './forward.js';

/** A received request and its outcome. */
export type Report = EventReport | ValidationReport | RejectionReport;

interface Arrival {
  at: string;
  /** The `webhook-id` header. */
  id: string;
  bytes: number;
}

interface EventReport extends Arrival {
  kind: 'event';
  type: string;
  verified: true;
  /** The text of its data. */
  dataText: string;
  /** Status of the response to Posthorn. */
  status: number;
  forwarded: Forwarded | null;
}

interface ValidationReport extends Arrival {
  kind: 'validation';
  verified: true;
}

/** A request without a valid signature. It is not forwarded. */
interface RejectionReport extends Arrival {
  kind: 'rejected';
  verified: false;
  reason: string;
}

/** Returns a report as JSON text, with the data of an event unchanged. */
export function reportJson(report: Report): JsonText {
  if (report.kind !== 'event') return new JsonText(JSON.stringify(report));
  const { dataText, ...others } = report;
  return new JsonText(withDataText(JSON.stringify(others), dataText));
}

/** Formats a report in one line, followed by the data if `showData` is set. */
export function reportText(report: Report, { showData }: { showData: boolean }): string {
  const { at, id, bytes } = report;
  const line = [dim(at), title(report), printable(id), signature(report), dim(`${bytes} B`), outcome(report)];
  const data = report.kind === 'event' && showData ? `\n${prettyJson(report.dataText)}` : '';
  return line.filter((part) => part !== '').join('  ') + data;
}

function title(report: Report): string {
  switch (report.kind) {
    case 'event':
      return paint('bold', printable(report.type));
    case 'validation':
      return paint('bold', 'webhook.validation');
    case 'rejected':
      return paint('red', 'rejected');
  }
}

function signature(report: Report): string {
  if (report.verified) return paint('green', '✓ verified');
  return paint('red', `✗ not verified: ${printable(report.reason)}`);
}

function outcome(report: Report): string {
  switch (report.kind) {
    case 'validation':
      return '→ code returned';
    case 'rejected':
      return '→ 401';
    case 'event':
      return report.forwarded ? forwardedText(report.forwarded) : '';
  }
}

function forwardedText(forwarded: Forwarded): string {
  const duration = dim(`in ${forwarded.durationMs} ms`);
  if ('error' in forwarded) return `${paint('red', `→ ${printable(forwarded.error)}`)} ${duration}`;
  const succeeded = forwarded.status >= 200 && forwarded.status < 300;
  return `${paint(succeeded ? 'green' : 'red', `→ ${forwarded.status}`)} ${duration}`;
}
