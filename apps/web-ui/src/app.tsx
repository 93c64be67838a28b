import { AppShell, Burger, Group, NavLink, Skeleton, Stack, Text, VisuallyHidden } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { ExternalLink } from 'lucide-react';
import { Suspense, useEffect } from 'react';
import { Route, Router, Switch, useLocation } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { useAppTexts } from './app.texts';
import { FrameMenu } from './components/frame-menu';
import { HealthDot } from './components/health-dot';
import { ViewBoundary } from './components/view-boundary';
import { VIEWS } from './views';
import classes from './app.module.css';

function ViewPlaceholder() {
  const t = useAppTexts();
  return (
    <Stack aria-busy="true">
      <VisuallyHidden>{t('loading')}</VisuallyHidden>
      <Skeleton height={32} width="40%" />
      <Skeleton height={160} />
    </Stack>
  );
}

function Menu({ close }: { readonly close: () => void }) {
  const t = useAppTexts();
  const [location] = useLocation();
  return (
    <Stack justify="space-between" h="100%">
      <nav aria-label={t('views')}>
        {VIEWS.map(({ path, name, icon: Icon }) => (
          <NavLink
            key={path}
            href={`#${path}`}
            label={t(name)}
            leftSection={<Icon size={18} aria-hidden />}
            active={location === path}
            variant="filled"
            aria-current={location === path ? 'page' : undefined}
            onClick={close}
          />
        ))}
      </nav>
      <NavLink href="/docs" label={t('docs')} leftSection={<ExternalLink size={18} aria-hidden />} />
    </Stack>
  );
}

function Frame() {
  const t = useAppTexts();
  const [opened, { toggle, close }] = useDisclosure();
  const [location] = useLocation();
  const view = VIEWS.find(({ path }) => path === location) ?? VIEWS[0];
  const title = view && t(view.name);
  useEffect(() => {
    document.title = `${title} · Local LLM Agent`;
  }, [title]);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding="md"
    >
      <a href="#main" className={classes['skip']} onClick={skipToContent}>
        {t('skip')}
      </a>
      <AppShell.Header>
        <Group h="100%" px={{ base: 'xs', sm: 'md' }} gap="xs" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap" miw={0}>
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={opened ? t('closeMenu') : t('menu')}
              aria-expanded={opened}
            />
            <Text fw={700} truncate>
              Local LLM Agent
            </Text>
            <HealthDot />
          </Group>
          <FrameMenu />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs">
        <Menu close={close} />
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} className={classes['main']}>
        <ViewBoundary key={location}>
          <Suspense fallback={<ViewPlaceholder />}>
            <Switch>
              {VIEWS.map(({ path, component }) => (
                <Route key={path} path={path} component={component} />
              ))}
              <Route component={VIEWS[0]?.component} />
            </Switch>
          </Suspense>
        </ViewBoundary>
      </AppShell.Main>
    </AppShell>
  );
}

/** The hash of the address names the view, so the link moves the focus by itself. */
function skipToContent(event: React.MouseEvent): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

/** The whole page: the frame, and in it the view that the address names. */
export function App() {
  return (
    <Router hook={useHashLocation}>
      <Frame />
    </Router>
  );
}
