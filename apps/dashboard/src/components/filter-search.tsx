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

/** A debounced text field bound to a search parameter. */
export function FilterSearch({ param, label, placeholder = label }: FilterSearchProps) {
  const [search, change] = useSearchParams();
  const value = typeof search[param] === 'string' ? search[param] : '';
  const [draft, setDraft] = useState<string | null>(null);
  const apply = useDebouncedCallback((text: string) => {
    change({ [param]: text.trim() || undefined });
    setDraft(null);
  }, DEBOUNCE_MS);
  return (
    <TextInput
      className={classes.search}
      aria-label={label}
      placeholder={placeholder}
      leftSection={<ListFilter size={15} aria-hidden />}
      value={draft ?? value}
      maxLength={2048}
      spellCheck={false}
      onChange={({ currentTarget }) => {
        setDraft(currentTarget.value);
        apply(currentTarget.value);
      }}
    />
  );
}
