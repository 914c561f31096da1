import { memberTexts } from '../json/json-text.js';

/**
 * Returns data as an HTML form sends it (`application/x-www-form-urlencoded`), with a parameter for each member. A string is its text, null
 * is empty, and every other value is its JSON text as it was published.
 *
 * @param dataText the text of an object
 */
export function formBody(dataText: string): string {
  const parameters = new URLSearchParams();
  for (const [name, text] of memberTexts(dataText)) parameters.append(name, parameterValue(text));
  return parameters.toString();
}

function parameterValue(text: string): string {
  if (text === 'null') return '';
  return text.startsWith('"') ? String(JSON.parse(text)) : text;
}

/** Returns the names and values of the parameters of a form, sorted by name and without separators, as Twilio signs them. */
export function sortedParameters(form: string): string {
  const parameters = [...new URLSearchParams(form)];
  return parameters
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => name + value)
    .join('');
}
