import { useEffect, useRef, type RefObject } from 'react';
import { hostPage } from '../api/api.js';

/** Enough for the sidebar and for dialogs. */
const MIN_HEIGHT = 480;

/** Returns the ref of the content of the page. While the portal is embedded, the host page learns its height. */
export function useReportedHeight(): RefObject<HTMLDivElement | null> {
  const content = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = content.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      // The space below the content is that of the main element around it.
      const { paddingBottom } = getComputedStyle(element.parentElement ?? element);
      const bottom =
        element.getBoundingClientRect().bottom + window.scrollY + Number.parseFloat(paddingBottom);
      hostPage?.post({ type: 'portal:height', height: Math.max(MIN_HEIGHT, Math.ceil(bottom)) });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return content;
}
