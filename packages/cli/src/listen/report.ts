import { dim, paint, printable } from '../output/style.js';
import { prettyJson } from '../output/text.js';
import type { Forwarded } from './forward.js';

/** What came in, and what was made of it. Its JSON is what --json prints. */
export type Report = EventReport | ValidationReport | RefusalReport;

interface Arrival {
  at: string;
  /** The id of the event, as the request says. */
  id: string;
  bytes: number;
}

export interface EventReport extends Arrival {
  kind: 'event';
  type: string;
  verified: true;
  data: unknown;
  /** What Posthorn was answered. */
  status: number;
  forwarded: Forwarded | null;
}

export interface ValidationReport extends Arrival {
  kind: 'validation';
  verified: true;
}

/** What was not signed as it must be: it is not forwarded. */
export interface RefusalReport extends Arrival {
  kind: 'refused';
  verified: false;
  reason: string;
}

/** One line, and the data below it if they are wanted. */
export function reportText(report: Report, { showData }: { showData: boolean }): string {
  const { at, id, bytes } = report;
  const line = [dim(at), what(report), printable(id), signature(report), dim(`${bytes} B`), outcome(report)];
  const data = report.kind === 'event' && showData ? `\n${prettyJson(report.data)}` : '';
  return line.filter((part) => part !== '').join('  ') + data;
}

function what(report: Report): string {
  switch (report.kind) {
    case 'event':
      return paint('bold', printable(report.type));
    case 'validation':
      return paint('bold', 'webhook.validation');
    case 'refused':
      return paint('red', 'refused');
  }
}

function signature(report: Report): string {
  if (report.verified) return paint('green', '✓ verified');
  return paint('red', `✗ not verified: ${printable(report.reason)}`);
}

function outcome(report: Report): string {
  switch (report.kind) {
    case 'validation':
      return 'answered with the code';
    case 'refused':
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
