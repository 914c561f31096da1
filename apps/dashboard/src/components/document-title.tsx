import { access } from '../access/current-access.js';

const PRODUCT = access.kind === 'portal' ? access.settings.theme.productName : 'Posthorn';

/** Sets the document title. The portal names the product that it is part of. */
export function DocumentTitle({ children }: { children: string }) {
  return <title>{PRODUCT === undefined ? children : `${children} · ${PRODUCT}`}</title>;
}
