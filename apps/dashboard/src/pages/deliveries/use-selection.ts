import { useState } from 'react';

/** Limits the duration of an action. A recovery takes any number of deliveries. */
export const MAX_SELECTED = 200;

export interface Selection {
  ids: ReadonlySet<string>;
  isFull: boolean;
  toggle: (id: string) => void;
  /** Selects only these, up to the maximum. */
  replace: (ids: readonly string[]) => void;
}

/** The selected rows of a list. */
export function useSelection(): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  return {
    ids,
    isFull: ids.size >= MAX_SELECTED,
    toggle: (id) =>
      setIds((selected) => {
        const others = [...selected].filter((each) => each !== id);
        return new Set(others.length < selected.size ? others : [...others, id]);
      }),
    replace: (selected) => setIds(new Set(selected.slice(0, MAX_SELECTED))),
  };
}
