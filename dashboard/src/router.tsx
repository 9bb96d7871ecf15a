import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
  retainSearchParams,
} from '@tanstack/react-router'
import { ApiProblem } from './api/problem.ts'
import { sessionQuery } from './api/session.ts'
import { type Environment, rememberedEnvironment, rememberedProject, rememberProject } from './memory.ts'
import { customersSearch } from './pages/customers/search.ts'
import { eventsSearch } from './pages/events/search.ts'
import { integrationSearch } from './pages/integrations/search.ts'
import { OverviewPage } from './pages/overview/OverviewPage.tsx'
import { overviewSearch } from './pages/overview/search.ts'
import { SignInPage } from './pages/sign-in/SignInPage.tsx'
import { storesSearch } from './pages/stores/search.ts'
import { parseSearch, stringifySearch } from './parts/search.ts'
import { queries, whenSignedOut } from './queries.ts'
import { NoPage, PageFailed } from './shell/Fallbacks.tsx'
import { Shell } from './shell/Shell.tsx'

const root = createRootRouteWithContext()({
  component: Outlet,
  notFoundComponent: NoPage,
  errorComponent: PageFailed,
})

/** An address to come back to: of this site, and no other. */
function backOf(value: unknown): { back?: string } {
  return typeof value === 'string' && /^\/(?![/\\])/.test(value) ? { back: value } : {}
}

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>) => backOf(search.back),
  component: SignInPage,
})

const link = createRoute({
  getParentRoute: () => root,
  path: '/link',
  component: lazyRouteComponent(() => import('./pages/link/LinkPage.tsx'), 'LinkPage'),
})

/** Everything below needs somebody who is signed in. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'in',
  beforeLoad: async ({ location }) => {
    try {
      return { session: await queries.ensureQueryData(sessionQuery) }
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401)
        throw redirect({ to: '/sign-in', search: backOf(location.href) })
      throw error
    }
  },
  errorComponent: PageFailed,
  component: Outlet,
})

const start = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad: ({ context }) => {
    const { projects } = context.session
    const chosen = projects.find(({ id }) => id === rememberedProject()) ?? projects[0]
    if (chosen !== undefined) throw redirect({ to: '/$project/overview', params: { project: chosen.id } })
  },
  component: lazyRouteComponent(() => import('./pages/start/NoProjectPage.tsx'), 'NoProjectPage'),
})

/** The shell. The environment is always in the address, so that a link shows to everybody what its sender saw. */
const project = createRoute({
  getParentRoute: () => signedIn,
  path: '$project',
  validateSearch: (search: Record<string, unknown>): { environment?: Environment } =>
    search.environment === 'sandbox' || search.environment === 'production' ? { environment: search.environment } : {},
  search: { middlewares: [retainSearchParams(['environment'])] },
  beforeLoad: ({ context, params, search, location }) => {
    const access = context.session.projects.find(({ id }) => id === params.project)
    if (access === undefined) return { access: null }
    rememberProject(access.id)
    if (search.environment === undefined) {
      const found = location.search as Record<string, unknown>
      throw redirect({
        to: location.pathname,
        search: { ...found, environment: rememberedEnvironment() } as never,
        hash: location.hash,
        replace: true,
      })
    }
    return { access }
  },
  component: Shell,
  notFoundComponent: NoPage,
  errorComponent: PageFailed,
})

const overview = createRoute({
  getParentRoute: () => project,
  path: 'overview',
  validateSearch: overviewSearch,
  component: OverviewPage,
})

const projectStart = createRoute({
  getParentRoute: () => project,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/$project/overview', params })
  },
})

const events = createRoute({
  getParentRoute: () => project,
  path: 'events',
  validateSearch: eventsSearch,
  component: lazyRouteComponent(() => import('./pages/events/EventsPage.tsx'), 'EventsPage'),
})

const event = createRoute({
  getParentRoute: () => project,
  path: 'events/$id',
  component: lazyRouteComponent(() => import('./pages/events/EventPage.tsx'), 'EventPage'),
})

const customers = createRoute({
  getParentRoute: () => project,
  path: 'customers',
  validateSearch: customersSearch,
  component: lazyRouteComponent(() => import('./pages/customers/CustomersPage.tsx'), 'CustomersPage'),
})

const customer = createRoute({
  getParentRoute: () => project,
  path: 'customers/$id',
  component: lazyRouteComponent(() => import('./pages/customers/CustomerPage.tsx'), 'CustomerPage'),
})

const integrations = createRoute({
  getParentRoute: () => project,
  path: 'integrations',
  component: lazyRouteComponent(() => import('./pages/integrations/IntegrationsPage.tsx'), 'IntegrationsPage'),
})

const newIntegration = createRoute({
  getParentRoute: () => project,
  path: 'integrations/new/$destination',
  component: lazyRouteComponent(() => import('./pages/integrations/NewIntegrationPage.tsx'), 'NewIntegrationPage'),
})

const integration = createRoute({
  getParentRoute: () => project,
  path: 'integrations/$id',
  validateSearch: integrationSearch,
  component: lazyRouteComponent(() => import('./pages/integrations/IntegrationPage.tsx'), 'IntegrationPage'),
})

const stores = createRoute({
  getParentRoute: () => project,
  path: 'stores',
  component: lazyRouteComponent(() => import('./pages/stores/StoresPage.tsx'), 'StoresPage'),
})

const newStore = createRoute({
  getParentRoute: () => project,
  path: 'stores/new/$store',
  component: lazyRouteComponent(() => import('./pages/stores/NewStorePage.tsx'), 'NewStorePage'),
})

const store = createRoute({
  getParentRoute: () => project,
  path: 'stores/$id',
  validateSearch: storesSearch,
  component: lazyRouteComponent(() => import('./pages/stores/StorePage.tsx'), 'StorePage'),
})

const settings = createRoute({
  getParentRoute: () => project,
  path: 'settings',
  component: lazyRouteComponent(() => import('./pages/settings/SettingsPage.tsx'), 'SettingsPage'),
})

const settingsStart = createRoute({
  getParentRoute: () => settings,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/$project/settings/project', params })
  },
})

const settingsProject = createRoute({
  getParentRoute: () => settings,
  path: 'project',
  component: lazyRouteComponent(() => import('./pages/settings/ProjectSettings.tsx'), 'ProjectSettings'),
})

const settingsProducts = createRoute({
  getParentRoute: () => settings,
  path: 'products',
  component: lazyRouteComponent(() => import('./pages/settings/ProductSettings.tsx'), 'ProductSettings'),
})

const settingsMoney = createRoute({
  getParentRoute: () => settings,
  path: 'money',
  component: lazyRouteComponent(() => import('./pages/settings/MoneySettings.tsx'), 'MoneySettings'),
})

const settingsKeys = createRoute({
  getParentRoute: () => settings,
  path: 'keys',
  component: lazyRouteComponent(() => import('./pages/settings/KeySettings.tsx'), 'KeySettings'),
})

const settingsMembers = createRoute({
  getParentRoute: () => settings,
  path: 'members',
  component: lazyRouteComponent(() => import('./pages/settings/MemberSettings.tsx'), 'MemberSettings'),
})

const settingsAudit = createRoute({
  getParentRoute: () => settings,
  path: 'audit',
  component: lazyRouteComponent(() => import('./pages/settings/AuditSettings.tsx'), 'AuditSettings'),
})

const settingsAccount = createRoute({
  getParentRoute: () => settings,
  path: 'account',
  component: lazyRouteComponent(() => import('./pages/settings/AccountSettings.tsx'), 'AccountSettings'),
})

const tree = root.addChildren([
  signIn,
  link,
  signedIn.addChildren([
    start,
    project.addChildren([
      projectStart,
      overview,
      events,
      event,
      customers,
      customer,
      integrations,
      newIntegration,
      integration,
      stores,
      newStore,
      store,
      settings.addChildren([
        settingsStart,
        settingsProject,
        settingsProducts,
        settingsMoney,
        settingsKeys,
        settingsMembers,
        settingsAudit,
        settingsAccount,
      ]),
    ]),
  ]),
])

export const router = createRouter({
  routeTree: tree,
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultErrorComponent: PageFailed,
  defaultNotFoundComponent: NoPage,
})

whenSignedOut(() => {
  queries.clear()
  if (router.state.location.pathname === '/sign-in') return
  void router.navigate({ to: '/sign-in', search: backOf(router.state.location.href) })
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
