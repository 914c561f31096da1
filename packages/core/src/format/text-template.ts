const PLACEHOLDER = /\{([A-Za-z]+)\}/g;

/** A text with placeholders such as `{id}`. All else is literal. */
export interface TextTemplate {
  /** The literal texts before, between and after the placeholders. */
  texts: readonly string[];
  /** The names in the placeholders. */
  names: readonly string[];
}

export function parseTextTemplate(text: string): TextTemplate {
  // Texts and names alternate.
  const parts = text.split(PLACEHOLDER);
  return {
    texts: parts.filter((_, index) => index % 2 === 0),
    names: parts.filter((_, index) => index % 2 === 1),
  };
}

/**
 * Returns the values of the placeholders in a text that the template may have rendered; null if it has not, or if one cannot be told
 * from the next. Each value ends where the literal text after it first occurs.
 */
export function readText({ texts, names }: TextTemplate, rendered: string): Map<string, string> | null {
  const values = new Map<string, string>();
  const [first = '', ...others] = texts;
  if (!rendered.startsWith(first)) return null;
  let at = first.length;
  for (const [index, text] of others.entries()) {
    const isLast = index === others.length - 1;
    if (text === '' && !isLast) return null;
    const end = isLast ? rendered.length - text.length : rendered.indexOf(text, at);
    if (end < at || !rendered.startsWith(text, end)) return null;
    values.set(names[index] ?? '', rendered.slice(at, end));
    at = end + text.length;
  }
  return at === rendered.length ? values : null;
}

export function renderText({ texts, names }: TextTemplate, valueOf: (name: string) => string): string {
  return texts.reduce((rendered, text, index) => rendered + valueOf(names[index - 1] ?? '') + text);
}
