import { AppShell, Burger, Group, Skeleton, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Outlet, useLocation, useParams } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef } from 'react';
import { useCan, useSeesAllTenants, useSession } from '../api/session.js';
import { SuspendedTenant } from '../components/suspended-tenant.js';
import { useTenantId } from '../search/use-tenant-id.js';
import { Account } from './account.js';
import { Logo } from './logo.js';
import { NavLinks } from './nav-links.js';
import { SearchButton, SearchIcon } from './search/search-button.js';
import { SearchProvider } from './search/search-context.js';
import classes from './shell.module.css';
import { t } from '../i18n/t.js';

// Loaded after the page, for operators only.
const TenantSelect = lazy(() => import('./tenant-select.js'));
const Quarantined = lazy(() => import('./quarantined.js'));
const PersonSession = lazy(() => import('./person-session.js'));

/** The layout of every page: a sidebar, which is a drawer on narrow screens, and the content. */
export function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure();
  const seesAllTenants = useSeesAllTenants();
  const canListTenants = useCan('admin:read');
  const { tenants, holder } = useSession();
  const main = useFocusOnNavigation();
  return (
    <SearchProvider>
      {holder.kind === 'person' && (
        <Suspense>
          <PersonSession />
        </Suspense>
      )}
      <AppShell
        layout="alt"
        header={{ height: { base: 52, sm: 0 } }}
        navbar={{ width: 224, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
        withBorder
      >
        <a href="#main" className={classes.skip}>
          {t('Skip to content')}
        </a>
        <AppShell.Header hiddenFrom="sm" className={classes.header}>
          <Group h="100%" px="sm" justify="space-between">
            <Logo />
            <SearchIcon />
            <Burger
              opened={isOpen}
              onClick={toggle}
              size="sm"
              aria-label={isOpen ? t('Close menu') : t('Open menu')}
              aria-expanded={isOpen}
            />
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="sm" className={classes.navbar} aria-label={t('Pages')}>
          <Group px={8} pt={4} pb="md" justify="space-between">
            <Logo />
            <Burger hiddenFrom="sm" opened onClick={close} size="sm" aria-label={t('Close menu')} />
          </Group>
          <Stack gap="sm" flex={1}>
            <SearchButton />
            {((seesAllTenants && canListTenants) || tenants !== null) && (
              <Suspense fallback={<Skeleton height={36} />}>
                <TenantSelect />
              </Suspense>
            )}
            <NavLinks onNavigate={close} />
          </Stack>
          <Account />
        </AppShell.Navbar>
        <AppShell.Main className={classes.main} id="main" ref={main} tabIndex={-1}>
          <div className={classes.content}>
            {seesAllTenants && canListTenants && (
              <Suspense>
                <Quarantined />
              </Suspense>
            )}
            <ShownTenant />
            <Outlet />
          </div>
        </AppShell.Main>
      </AppShell>
    </SearchProvider>
  );
}

/** Says that the tenant of the pages is suspended. The page of a tenant says so itself. */
function ShownTenant() {
  const ownTenantId = useSession().holder.tenantId;
  const selected = useTenantId();
  const { tenantId } = useParams({ strict: false });
  return tenantId === undefined && <SuspendedTenant tenantId={ownTenantId ?? selected} />;
}

/** Moves the focus to the content after navigation, so that screen readers announce it and Tab continues from there. */
function useFocusOnNavigation() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const previous = useRef(pathname);
  useEffect(() => {
    if (previous.current === pathname) return;
    previous.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}
