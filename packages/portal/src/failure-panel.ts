const TEXTS = {
  en: { message: 'The page could not be loaded.', retry: 'Try again' },
  de: { message: 'Die Seite konnte nicht geladen werden.', retry: 'Erneut versuchen' },
  es: { message: 'No se ha podido cargar la página.', retry: 'Reintentar' },
  fr: { message: 'La page n’a pas pu être chargée.', retry: 'Réessayer' },
  ja: { message: 'ページを読み込めませんでした。', retry: 'もう一度試す' },
};

/** Returns what the element shows while it has no link, with a button that retries. */
export function createFailurePanel(languages: readonly string[], retry: () => void): HTMLElement {
  const { message, retry: label } = textsIn(languages);
  const panel = document.createElement('div');
  panel.setAttribute('role', 'alert');
  const text = document.createElement('p');
  text.textContent = message;
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = label;
  button.addEventListener('click', retry);
  panel.append(text, button);
  return panel;
}

/** Returns the texts in the first language that has them, or else in English. */
function textsIn(languages: readonly string[]): typeof TEXTS.en {
  for (const tag of languages) {
    const [language = ''] = tag.toLowerCase().split('-');
    if (isKnown(language)) return TEXTS[language];
  }
  return TEXTS.en;
}

const isKnown = (language: string): language is keyof typeof TEXTS => Object.hasOwn(TEXTS, language);
