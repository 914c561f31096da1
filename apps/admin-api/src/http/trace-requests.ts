import type { RequestHandler } from 'express';
import { failSpan, type Tracing } from '@posthorn/runtime';
import { isQuiet, knownMethod } from './access-log.js';
import { contextOf } from './request-context.js';

/** Creates a span per request, within the client's trace. Excludes the path and the query, which may contain ids. */
export function traceRequests(tracing: Tracing): RequestHandler {
  return (request, response, next) => {
    if (isQuiet(request.path)) return next();
    const context = contextOf(response);
    const method = knownMethod(request.method);
    const { traceparent, tracestate } = request.headers;
    const span = tracing.startSpan({
      name: method,
      kind: 'server',
      parent: {
        ...(typeof traceparent === 'string' && { traceparent, tracestate: String(tracestate ?? '') }),
      },
      attributes: {
        'http.request.method': method,
        'url.scheme': request.protocol,
        'posthorn.request.id': context.requestId,
      },
    });
    context.trace = tracing.contextOf(span);
    response.once('close', () => {
      span.updateName(`${method} ${context.route}`);
      span.setAttributes({ 'http.route': context.route, 'http.response.status_code': response.statusCode });
      if (response.statusCode >= 500) failSpan(span, String(response.statusCode));
      span.end();
    });
    next();
  };
}
