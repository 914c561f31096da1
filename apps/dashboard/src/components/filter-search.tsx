import { TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { ListFilter } from 'lucide-react';
import { useState } from 'react';
import { useSearchParams } from '../search/use-search-params.js';
import classes from './filter-bar.module.css';

interface FilterSearchProps {
  param: string;
  label: string;
  placeholder?: string;
}

const DEBOUNCE_MS = 300;

/** A debounced text field bound to a search parameter. What the user types stays, however late the page follows. */
export function FilterSearch({ param, label, placeholder = label }: FilterSearchProps) {
  const [search, change] = useSearchParams();
  const value = typeof search[param] === 'string' ? search[param] : '';
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  // What the user has typed and the page does not show yet.
  const [expected, setExpected] = useState<string[]>([]);
  if (value !== known) {
    setKnown(value);
    setExpected(expected.slice(expected.indexOf(value) + 1));
    // Changed by something else, such as "Clear filters" or Back.
    if (!expected.includes(value)) setText(value);
  }
  // Applies the text as it is then: it may have been cleared meanwhile.
  const apply = useDebouncedCallback(() => {
    const typed = text.trim();
    if (typed === (expected.at(-1) ?? known)) return;
    setExpected([...expected, typed]);
    change({ [param]: typed || undefined });
  }, DEBOUNCE_MS);
  return (
    <TextInput
      className={classes.search}
      aria-label={label}
      placeholder={placeholder}
      leftSection={<ListFilter size={15} aria-hidden />}
      value={text}
      maxLength={2048}
      spellCheck={false}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value);
        apply();
      }}
    />
  );
}
