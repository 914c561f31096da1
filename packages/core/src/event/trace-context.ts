/** A position in a trace, in the format of the W3C Trace Context headers. */
export interface TraceContext {
  traceparent: string;
  tracestate?: string;
}

/** Returns the trace id, 32 hexadecimal digits. */
export function traceIdOf({ traceparent }: TraceContext): string {
  return traceparent.slice(3, 35);
}
