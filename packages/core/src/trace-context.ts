/** Where in which trace something is: W3C Trace Context, as it stands in headers. */
export interface TraceContext {
  traceparent: string;
  tracestate?: string;
}

/** The id of the trace, in 32 hexadecimal digits. */
export function traceIdOf({ traceparent }: TraceContext): string {
  return traceparent.slice(3, 35);
}
