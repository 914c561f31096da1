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

export function renderText({ texts, names }: TextTemplate, valueOf: (name: string) => string): string {
  return texts.reduce((rendered, text, index) => rendered + valueOf(names[index - 1] ?? '') + text);
}
