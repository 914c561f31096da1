import { Stack } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useSession } from '../api/session.js';
import { navItemsFor } from './navigation.js';
import classes from './shell.module.css';

export function NavLinks({ onNavigate }: { onNavigate: () => void }) {
  const items = navItemsFor(useSession());
  return (
    <Stack gap={2}>
      {items.map(({ to, label, icon: Icon }) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact: to === '/', includeSearch: false }}
          className={classes.link}
          onClick={onNavigate}
        >
          <Icon size={17} strokeWidth={1.75} aria-hidden />
          {label}
        </Link>
      ))}
    </Stack>
  );
}
