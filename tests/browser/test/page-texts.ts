// What a page shows and tells screen readers.

/** Runs in the page: returns all texts that it shows or tells screen readers, also of selects, but not code. */
export function textsAndAttributes(): string[] {
  const texts = [document.title, document.querySelector('link[rel="icon"]')?.getAttribute('href') ?? ''];
  for (const element of document.body.querySelectorAll('*')) {
    if (element.closest('pre, code, script, style')) continue;
    if (element instanceof HTMLInputElement && element.readOnly) texts.push(element.value);
    for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-description', 'aria-valuetext'])
      texts.push(element.getAttribute(name) ?? '');
    for (const child of element.childNodes)
      if (child.nodeType === Node.TEXT_NODE) texts.push(child.textContent ?? '');
  }
  return texts.map((text) => text.trim()).filter((text) => text !== '');
}
