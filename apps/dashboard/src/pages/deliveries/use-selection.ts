import { useState } from 'react';

/** Most rows that can be selected: what is done with them is a call for each. */
export const MAX_SELECTED = 200;

export interface Selection {
  ids: ReadonlySet<string>;
  isFull: boolean;
  toggle: (id: string) => void;
  /** The first of these that there is room for, and nothing else. */
  replace: (ids: readonly string[]) => void;
}

/** Which rows of a list are selected. */
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
    replace: (chosen) => setIds(new Set(chosen.slice(0, MAX_SELECTED))),
  };
}
