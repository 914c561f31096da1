import { AppShell, Burger, Group, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useCan, useSeesAllTenants } from '../api/session.js';
import { Account } from './account.js';
import { Logo } from './logo.js';
import { NavLinks } from './nav-links.js';
import classes from './shell.module.css';
import { TenantSelect } from './tenant-select.js';

/** The frame around every page: the navigation at the side, in a drawer on narrow screens. */
export function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure();
  const seesAllTenants = useSeesAllTenants();
  const mayListTenants = useCan('admin');
  const main = useFocusOnNavigation();
  return (
    <AppShell
      layout="alt"
      header={{ height: { base: 52, sm: 0 } }}
      navbar={{ width: 224, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      withBorder
    >
      <a href="#main" className={classes.skip}>
        Skip to the content
      </a>
      <AppShell.Header hiddenFrom="sm" className={classes.header}>
        <Group h="100%" px="sm" justify="space-between">
          <Logo />
          <Burger
            opened={isOpen}
            onClick={toggle}
            size="sm"
            aria-label={isOpen ? 'Close the navigation' : 'Open the navigation'}
            aria-expanded={isOpen}
          />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" className={classes.navbar} aria-label="Pages">
        <Group px={8} pt={4} pb="md" justify="space-between">
          <Logo />
          <Burger hiddenFrom="sm" opened onClick={close} size="sm" aria-label="Close the navigation" />
        </Group>
        <Stack gap="sm" flex={1}>
          {seesAllTenants && mayListTenants && <TenantSelect />}
          <NavLinks onNavigate={close} />
        </Stack>
        <Account />
      </AppShell.Navbar>
      <AppShell.Main className={classes.main} id="main" ref={main} tabIndex={-1}>
        <div className={classes.content}>
          <Outlet />
        </div>
      </AppShell.Main>
    </AppShell>
  );
}

/** After a change of page the focus goes to its content, so that it is read and Tab goes on from there. */
function useFocusOnNavigation() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}
