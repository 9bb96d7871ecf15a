import { AppShell, Badge, Burger, Group, Kbd, Text, UnstyledButton } from '@mantine/core'
import { useDisclosure, useMediaQuery } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { getRouteApi, Outlet, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { useProject } from '../project.ts'
import { AccountMenu } from './AccountMenu.tsx'
import { EnvironmentSwitch } from './EnvironmentSwitch.tsx'
import { NoPage } from './Fallbacks.tsx'
import { Navigation } from './Navigation.tsx'
import { ProjectSwitcher } from './ProjectSwitcher.tsx'
import classes from './Shell.module.css'
import { useShortcuts } from './shortcuts.ts'

const Palette = lazy(() => import('./Palette.tsx').then(({ Palette: component }) => ({ default: component })))
const Help = lazy(() => import('./Help.tsx').then(({ Help: component }) => ({ default: component })))

const route = getRouteApi('/in/$project')

/** What stands around every page of a project. */
export function Shell() {
  const { access } = route.useRouteContext()
  return access === null ? <NoPage /> : <Frame />
}

function Frame() {
  const [menu, { toggle, close }] = useDisclosure()
  const [palette, setPalette] = useState(false)
  const [help, setHelp] = useState(false)
  const { environment } = useProject()
  const phone = useMediaQuery('(max-width: 48em)') === true
  const path = useRouterState({ select: ({ location }) => location.pathname })
  const main = useRef<HTMLElement>(null)
  const first = useRef(path)
  useShortcuts({ onPalette: () => setPalette((open) => !open), onHelp: () => setHelp(true) })
  useEffect(() => {
    if (first.current === path) return
    first.current = path
    close()
    // Whoever reads with a screen reader goes on at the new page, not at the link that is gone.
    main.current?.focus({ preventScroll: true })
  }, [path, close])
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 216, breakpoint: 'sm', collapsed: { mobile: !menu } }}
      padding={{ base: 'md', sm: 'lg' }}
    >
      <a className="skip-link" href="#main">
        Skip to the page
      </a>
      <AppShell.Header className={classes.header}>
        <Group h="100%" px="md" gap="sm" wrap="nowrap" justify="space-between">
          <Group gap="xs" wrap="nowrap" miw={0}>
            <Burger
              opened={menu}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={menu ? 'Close the menu' : 'Open the menu'}
              aria-expanded={menu}
            />
            <ProjectSwitcher />
          </Group>
          <UnstyledButton
            className={classes.search}
            onClick={() => setPalette(true)}
            aria-keyshortcuts="Control+K Meta+K"
          >
            <IconSearch size={16} aria-hidden />
            <Text size="sm" component="span" className={classes.searchText}>
              Search or ask why…
            </Text>
            <Kbd visibleFrom="sm" size="xs">
              {isMac() ? '⌘ K' : 'Ctrl K'}
            </Kbd>
          </UnstyledButton>
          <Group gap="xs" wrap="nowrap">
            {!phone && <EnvironmentSwitch />}
            <AccountMenu onHelp={() => setHelp(true)} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={classes.navbar} p="sm" component="div" {...(phone && !menu ? { inert: true } : {})}>
        <Navigation withEnvironment={phone} />
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} ref={main} className={classes.main}>
        {environment === 'sandbox' && (
          <Badge color="yellow" variant="light" tt="none" mb="xs" radius="sm" fw={500}>
            Sandbox: what test purchases did
          </Badge>
        )}
        <div className={classes.page}>
          <Outlet />
        </div>
      </AppShell.Main>
      <Suspense fallback={null}>
        {palette && <Palette onClose={() => setPalette(false)} />}
        {help && <Help onClose={() => setHelp(false)} />}
      </Suspense>
    </AppShell>
  )
}

function isMac(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.platform)
}
