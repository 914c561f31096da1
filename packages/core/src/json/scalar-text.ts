/** Returns the text of a string, a number as it is written, or a boolean. Returns null for other values. @param json the text of a value */
export function scalarText(json: string): string | null {
  if (json.startsWith('"')) return String(JSON.parse(json));
  return json === 'null' || json.startsWith('{') || json.startsWith('[') ? null : json;
}
