import { PosthornPortalElement } from './posthorn-portal.js';

export { PosthornPortalElement, type ColorScheme, type FetchLink } from './posthorn-portal.js';

/** The name of the element, which this module defines. */
export const TAG_NAME = 'posthorn-portal';

declare global {
  interface HTMLElementTagNameMap {
    'posthorn-portal': PosthornPortalElement;
  }
}

// On a server there are no custom elements.
if (typeof customElements !== 'undefined' && !customElements.get(TAG_NAME)) {
  customElements.define(TAG_NAME, PosthornPortalElement);
}
