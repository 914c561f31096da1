import { type FieldProblem, fieldProblem } from '@posthorn/core';
import type { ErrorObject } from 'ajv';

/** Maximum length of a text of a schema in an error. */
const MAX_SHOWN_LENGTH = 200;

const shown = (value: unknown): string => JSON.stringify(value).slice(0, MAX_SHOWN_LENGTH);

/** Returns what Ajv has found, with the messages that filters have for the same keywords. */
export function violation({ keyword, params, message = 'is not valid' }: ErrorObject): FieldProblem {
  const { limit } = params;
  switch (keyword) {
    case 'type':
      return fieldProblem('type_mismatch', { types: [params['type']].flat().join(' | ') });
    case 'const':
      return fieldProblem('constant', { value: shown(params['allowedValue']) });
    case 'enum':
      return fieldProblem('one_of', { choices: shown(params['allowedValues']) });
    // draft-04 has exclusive bounds as options of these keywords.
    case 'minimum':
      return fieldProblem(params['comparison'] === '>' ? 'not_greater' : 'too_small', { limit });
    case 'maximum':
      return fieldProblem(params['comparison'] === '<' ? 'not_less' : 'too_big', { limit });
    case 'exclusiveMinimum':
      return fieldProblem('not_greater', { limit });
    case 'exclusiveMaximum':
      return fieldProblem('not_less', { limit });
    case 'multipleOf':
      return fieldProblem('not_multiple', { step: params['multipleOf'] });
    case 'minLength':
      return fieldProblem('too_short', { min: limit });
    case 'maxLength':
      return fieldProblem('too_long', { max: limit });
    case 'pattern':
      return fieldProblem('pattern_mismatch', { pattern: params['pattern'] });
    case 'format':
      return fieldProblem('format_mismatch', { format: params['format'] });
    case 'minItems':
      return fieldProblem('too_few_items', { min: limit });
    case 'additionalItems':
    case 'items':
    case 'maxItems':
      return fieldProblem('too_many_items', { max: limit });
    case 'uniqueItems':
      return fieldProblem('duplicates');
    case 'minProperties':
      return fieldProblem('too_few_properties', { min: limit });
    case 'maxProperties':
      return fieldProblem('too_many_properties', { max: limit });
    case 'required':
      return fieldProblem('missing_property', { name: shown(params['missingProperty']) });
    case 'additionalProperties':
      return fieldProblem('additional_property', { name: shown(params['additionalProperty']) });
    case 'anyOf':
      return fieldProblem('no_any_of');
    case 'oneOf':
      return fieldProblem('not_exactly_one_of');
    case 'not':
      return fieldProblem('matches_not');
    case 'false schema':
      return fieldProblem('not_allowed');
    default:
      return fieldProblem('schema_violation', { reason: message });
  }
}
