import { withDataText } from '../json/json-text.js';
import { MAX_FORMATTED_BODY_LENGTH, parseBodyTemplate, renderBody } from './body-template.js';
import { chatBody } from './chat-message.js';
import type { BodyFormat } from './delivery-format.js';
import type { EventFields } from './event-fields.js';
import { formBody } from './form-body.js';

interface FormattedBody {
  /** The headers that describe it. */
  headers: Record<string, string>;
  body: string;
}

/** Returns the body for an event, or null if it is too long. @param envelope the event in the standard format */
type BodyFormatter = (envelope: string, event: EventFields) => FormattedBody | null;

const JSON_TYPE = { 'content-type': 'application/json' };

export function bodyFormatter(body: BodyFormat, source: string | undefined): BodyFormatter {
  if (typeof body === 'object') return templateFormatter(body.template);
  switch (body) {
    case 'envelope':
      return (envelope) => ({ headers: JSON_TYPE, body: envelope });
    case 'data':
      return (_envelope, event) => ({ headers: JSON_TYPE, body: event.dataText });
    case 'cloudevents':
      return (_envelope, event) => ({
        headers: { 'content-type': 'application/cloudevents+json' },
        body: structuredEvent(event, source),
      });
    case 'cloudevents-binary':
      return (_envelope, event) => ({ headers: binaryHeaders(event, source), body: event.dataText });
    case 'form':
      return (_envelope, event) => formFormatter(event);
    case 'slack':
    case 'teams':
    case 'discord':
      return (_envelope, event) => ({ headers: JSON_TYPE, body: chatBody(body, event) });
  }
}

const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };

function formFormatter({ dataText }: EventFields): FormattedBody | null {
  const body = formBody(dataText);
  return body.length > MAX_FORMATTED_BODY_LENGTH ? null : { headers: FORM_TYPE, body };
}

function templateFormatter(text: string): BodyFormatter {
  const template = parseBodyTemplate(text);
  if ('problem' in template) throw new Error(`The template ${template.problem.message}`);
  return (_envelope, event) => {
    const body = renderBody(template, event);
    return body === null ? null : { headers: JSON_TYPE, body };
  };
}

/** The attributes of CloudEvents 1.0. They come from the event, so that every attempt has the same. */
const attributesOf = (event: EventFields, source = `/tenants/${event.tenantId}`) => ({
  specversion: '1.0',
  id: event.id,
  source,
  type: event.type,
  time: event.timestamp,
});

function structuredEvent(event: EventFields, source: string | undefined): string {
  const attributes = { ...attributesOf(event, source), datacontenttype: 'application/json' };
  return withDataText(JSON.stringify(attributes), event.dataText);
}

function binaryHeaders(event: EventFields, source: string | undefined): Record<string, string> {
  const attributes = Object.entries(attributesOf(event, source));
  return { ...JSON_TYPE, ...Object.fromEntries(attributes.map(([name, value]) => [`ce-${name}`, value])) };
}
