import { TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { CornerDownRight } from 'lucide-react';
import { useState } from 'react';
import classes from './filter-bar.module.css';

const ID = /^(evt|dlv|wh)_[0-9a-z]{26}$/;

/** A field that opens the page of an ID as soon as the ID is complete. */
export function GoToId({ label }: { label: string }) {
  const navigate = useNavigate();
  const [isBlurred, setIsBlurred] = useState(false);
  const [typed, setTyped] = useState('');
  const isInvalid = isBlurred && typed.trim() !== '' && !ID.test(typed.trim());

  function go(text: string) {
    setTyped(text);
    const id = text.trim();
    const kind = ID.exec(id)?.[1];
    if (kind === 'evt') void navigate({ to: '/events/$eventId', params: { eventId: id } });
    if (kind === 'dlv') void navigate({ to: '/deliveries/$deliveryId', params: { deliveryId: id } });
    if (kind === 'wh') void navigate({ to: '/webhooks/$webhookId', params: { webhookId: id } });
  }

  return (
    <TextInput
      className={classes.search}
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<CornerDownRight size={15} aria-hidden />}
      value={typed}
      error={isInvalid}
      aria-description={isInvalid ? 'Not a valid ID' : undefined}
      maxLength={64}
      spellCheck={false}
      autoComplete="off"
      onChange={({ currentTarget }) => go(currentTarget.value)}
      onFocus={() => setIsBlurred(false)}
      onBlur={() => setIsBlurred(true)}
    />
  );
}
