import { createElement, useEffect, useRef, type HTMLAttributes, type ReactElement } from 'react';
import { type ColorScheme, type FetchLink, type PosthornPortalElement, TAG_NAME } from './index.js';

export type { ColorScheme, FetchLink } from './index.js';

export interface PosthornPortalProps extends Omit<HTMLAttributes<HTMLElement>, 'children' | 'onError'> {
  fetchLink: FetchLink;
  /** Default: the language of the link, or else of the browser. */
  language?: string;
  /** Default: the scheme of the theme of the link. */
  colorScheme?: ColorScheme;
  /** Called if there is no valid link. The element shows an error with a button that retries. */
  onError?: (error: unknown) => void;
}

/** The portal as a React component. */
export function PosthornPortal({
  fetchLink,
  language,
  colorScheme,
  onError,
  ...rest
}: PosthornPortalProps): ReactElement {
  const element = useRef<PosthornPortalElement>(null);
  useEffect(() => {
    if (element.current) element.current.fetchLink = fetchLink;
  }, [fetchLink]);
  useEffect(() => {
    const { current } = element;
    const report = (event: Event) => onError?.(event instanceof CustomEvent ? event.detail : event);
    current?.addEventListener('portal-error', report);
    return () => current?.removeEventListener('portal-error', report);
  }, [onError]);
  return createElement(TAG_NAME, {
    ...rest,
    ref: element,
    language,
    'color-scheme': colorScheme,
  });
}
