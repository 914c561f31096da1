import { useState } from 'react';

/** Returns whether a dialog was ever open. It is loaded when it opens first, and stays, so that it returns the focus when it closes. */
export function useWasOpen(isOpen: boolean): boolean {
  const [wasOpen, setWasOpen] = useState(isOpen);
  if (isOpen && !wasOpen) setWasOpen(true);
  return wasOpen;
}
