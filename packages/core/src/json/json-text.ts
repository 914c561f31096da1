/*
 * Finds the texts of values in a JSON text, so that they can be passed on unchanged: `JSON.parse` rounds numbers, drops duplicate
 * keys and forgets how a value was written. The functions skip values without checking them: call them only with a text that
 * `JSON.parse` has accepted.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
/** The last of the white-space characters. No value contains it or a lower one outside of strings. */
const SPACE = 0x20;

/**
 * Returns the text of a member of an object, or undefined if the object has no such member. If it has several, the last one
 * counts, as in `JSON.parse`.
 *
 * @param json the text of an object
 */
export function memberText(json: string, name: string): string | undefined {
  return readMember(json, skipSpace(json, 0), name).text;
}

/**
 * Returns the text of the value at a path of names and indexes, or undefined if there is none. Reads each character once, however long the path is.
 *
 * @param json the text of an object
 */
export function textAt(json: string, path: readonly string[]): string | undefined {
  return readAt(json, skipSpace(json, 0), path).text;
}

/**
 * Returns a JSON text in which the values at some paths of names and indexes are replaced. A name that meets an array applies to each of its
 * elements. If an object has a member several times, each of them counts. Takes a time in proportion to the text and the number of paths.
 *
 * @param json the text of an object
 */
export function replaceValues(
  json: string,
  paths: readonly (readonly string[])[],
  replacement: string,
): string {
  let replaced = '';
  let copied = 0;
  const visit = (start: number, rests: readonly (readonly string[])[]): number => {
    if (rests.some((rest) => rest.length === 0)) {
      const end = skipValue(json, start);
      replaced += json.slice(copied, start) + replacement;
      copied = end;
      return end;
    }
    if (rests.length === 0) return skipValue(json, start);
    if (json.charCodeAt(start) === OPENING_BRACE)
      return eachMember(json, start, (name, valueStart) => visit(valueStart, after(rests, name)));
    if (json.charCodeAt(start) !== OPENING_BRACKET) return skipValue(json, start);
    const ofEach = rests.filter(([step = '']) => !INDEX.test(step));
    let index = 0;
    return eachElement(json, start, (elementStart) =>
      visit(elementStart, [...ofEach, ...after(rests, String(index++))]),
    );
  };
  visit(skipSpace(json, 0), paths);
  return replaced + json.slice(copied);
}

const INDEX = /^(?:0|[1-9]\d*)$/;

/** Returns what follows a first step in the paths that begin with it. */
const after = (paths: readonly (readonly string[])[], first: string): string[][] =>
  paths.flatMap(([step, ...rest]) => (step === first ? [rest] : []));

/** Returns the texts of the first elements of an array, at most `max`. @param json the text of an array, without space around it */
export function elementTexts(json: string, max: number): string[] {
  const texts: string[] = [];
  let at = skipSpace(json, 1);
  while (texts.length < max && json.charCodeAt(at) !== CLOSING_BRACKET) {
    const end = skipValue(json, at);
    texts.push(json.slice(at, end));
    at = skipComma(json, end);
  }
  return texts;
}

/** Returns the text of `data` in the JSON text of an event. @throws Error if the event has none */
export function dataTextOf(json: string): string {
  const text = memberText(json, 'data');
  if (text === undefined) throw new Error('The event has no data');
  return text;
}

/** Returns a JSON text without the white space between its tokens. */
export function compactText(json: string): string {
  let compact = '';
  let start = 0;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = skipString(json, at) - 1;
    else if (code <= SPACE) {
      compact += json.slice(start, at);
      start = at + 1;
    }
  }
  return compact + json.slice(start);
}

/** Returns the JSON text of an object with `data` as its last member. @param json the text of the object with its other members */
export function withDataText(json: string, dataText: string): string {
  return `${json.slice(0, -1)},"data":${dataText}}`;
}

/**
 * Returns the texts of a member of each element of a list: `data` of the `events` in `{"events": [{"data": …}, …]}`. The text is
 * undefined for an element that is not an object or has no such member.
 *
 * @param json the text of an object with the list
 */
export function elementMemberTexts(
  json: string,
  { list, member }: { list: string; member: string },
): (string | undefined)[] {
  let texts: (string | undefined)[] = [];
  eachMember(json, skipSpace(json, 0), (name, start) => {
    if (name !== list || json.charCodeAt(start) !== OPENING_BRACKET) return skipValue(json, start);
    texts = [];
    return eachElement(json, start, (elementStart) => {
      const { text, end } = readMember(json, elementStart, member);
      texts.push(text);
      return end;
    });
  });
  return texts;
}

interface Found {
  text: string | undefined;
  /** The end of the value that was searched. */
  end: number;
}

/** Returns the text of the value at a path in the value at `start`. */
function readAt(json: string, start: number, [step, ...rest]: readonly string[]): Found {
  const code = json.charCodeAt(start);
  if (step !== undefined && code === OPENING_BRACE) return readMember(json, start, step, rest);
  if (step !== undefined && code === OPENING_BRACKET) return readElement(json, start, step, rest);
  const end = skipValue(json, start);
  return { text: step === undefined ? json.slice(start, end) : undefined, end };
}

/** The same in a member of the object at `start`. If it has several of the name, the last one counts. */
function readMember(json: string, start: number, wanted: string, rest: readonly string[] = []): Found {
  if (json.charCodeAt(start) !== OPENING_BRACE) return { text: undefined, end: skipValue(json, start) };
  let text: string | undefined;
  const end = eachMember(json, start, (name, valueStart) => {
    if (name !== wanted) return skipValue(json, valueStart);
    const found = readAt(json, valueStart, rest);
    ({ text } = found);
    return found.end;
  });
  return { text, end };
}

/** The same in an element of the array at `start`. */
function readElement(json: string, start: number, wanted: string, rest: readonly string[]): Found {
  const wantedIndex = INDEX.test(wanted) ? Number(wanted) : -1;
  let text: string | undefined;
  let index = 0;
  const end = eachElement(json, start, (elementStart) => {
    const isWanted = index === wantedIndex;
    index += 1;
    if (!isWanted) return skipValue(json, elementStart);
    const found = readAt(json, elementStart, rest);
    ({ text } = found);
    return found.end;
  });
  return { text, end };
}

/** Returns the texts of the members of an object, by name. @param json the text of an object */
export function memberTexts(json: string): Map<string, string> {
  const texts = new Map<string, string>();
  eachMember(json, skipSpace(json, 0), (name, start) => {
    const end = skipValue(json, start);
    texts.set(name, json.slice(start, end));
    return end;
  });
  return texts;
}

/** Calls `visit` with the start of each value of the object at `start`; it returns the end of the value. Returns the end of the object. */
function eachMember(
  json: string,
  start: number,
  visit: (name: string, valueStart: number) => number,
): number {
  let at = skipSpace(json, start + 1);
  while (json.charCodeAt(at) !== CLOSING_BRACE) {
    const nameEnd = skipString(json, at);
    const valueStart = skipSpace(json, skipSpace(json, nameEnd) + 1);
    at = skipComma(json, visit(nameIn(json, at, nameEnd), valueStart));
  }
  return at + 1;
}

/** Calls `visit` with the start of each element of the array at `start`; it returns the end of the element. Returns the end of the array. */
function eachElement(json: string, start: number, visit: (elementStart: number) => number): number {
  let at = skipSpace(json, start + 1);
  while (json.charCodeAt(at) !== CLOSING_BRACKET) at = skipComma(json, visit(at));
  return at + 1;
}

/** Returns the name at `start`, which may be written with escapes. */
function nameIn(json: string, start: number, end: number): string {
  const text = json.slice(start + 1, end - 1);
  return text.includes('\\') ? String(JSON.parse(json.slice(start, end))) : text;
}

function skipComma(json: string, start: number): number {
  const at = skipSpace(json, start);
  return json.charCodeAt(at) === COMMA ? skipSpace(json, at + 1) : at;
}

function skipSpace(json: string, start: number): number {
  let at = start;
  while (json.charCodeAt(at) <= SPACE) at += 1;
  return at;
}

/** Returns the end of the value at `start`. */
function skipValue(json: string, start: number): number {
  switch (json.charCodeAt(start)) {
    case QUOTE:
      return skipString(json, start);
    case OPENING_BRACE:
    case OPENING_BRACKET:
      return skipNested(json, start);
    default:
      return skipWord(json, start);
  }
}

/** Returns the end of the object or array at `start`. */
function skipNested(json: string, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = skipString(json, at) - 1;
    // Most characters outside of strings are lower than the brackets.
    else if (code >= OPENING_BRACKET) {
      if (code === OPENING_BRACE || code === OPENING_BRACKET) depth += 1;
      else if (code === CLOSING_BRACE || code === CLOSING_BRACKET) depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  throw notJson();
}

/** Returns the end of the number, `true`, `false` or `null` at `start`. */
function skipWord(json: string, start: number): number {
  for (let at = start; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code <= SPACE || code === COMMA || code === CLOSING_BRACE || code === CLOSING_BRACKET) return at;
  }
  return json.length;
}

/** Returns the end of the string at `start`. */
function skipString(json: string, start: number): number {
  let quote = json.indexOf('"', start + 1);
  while (quote !== -1 && isEscaped(json, quote)) quote = json.indexOf('"', quote + 1);
  if (quote === -1) throw notJson();
  return quote + 1;
}

/** Returns whether an odd number of backslashes precedes a quote inside a string. */
function isEscaped(json: string, quote: number): boolean {
  let at = quote - 1;
  while (json.charCodeAt(at) === BACKSLASH) at -= 1;
  return (quote - at) % 2 === 0;
}

const notJson = () => new SyntaxError('Not a JSON text');
