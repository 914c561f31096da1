import { lazy, Suspense, useState, type ComponentType } from 'react';

/** Returns a dialog that is loaded when it opens first, and stays, so that it returns the focus when it closes. */
export function lazyDialog<Props extends { opened: boolean }>(
  load: () => Promise<{ default: ComponentType<Props> }>,
) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- React's type of lazy components resolves no generic props
  const Dialog = lazy(load) as unknown as ComponentType<Props>;
  return function LazyDialog(props: Props) {
    const [wasOpen, setWasOpen] = useState(props.opened);
    if (props.opened && !wasOpen) setWasOpen(true);
    return <Suspense>{wasOpen && <Dialog {...props} />}</Suspense>;
  };
}
