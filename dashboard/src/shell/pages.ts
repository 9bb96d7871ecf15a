import {
  type Icon,
  IconActivity,
  IconBuildingStore,
  IconLayoutDashboard,
  IconPlugConnected,
  IconSettings,
  IconUsers,
} from '@tabler/icons-react'

/** The pages of the menu; `key` is pressed after g. */
export const PAGES = [
  { to: '/$project/overview', title: 'Overview', icon: IconLayoutDashboard, key: 'o' },
  { to: '/$project/events', title: 'Events', icon: IconActivity, key: 'e' },
  { to: '/$project/customers', title: 'Customers', icon: IconUsers, key: 'c' },
  { to: '/$project/integrations', title: 'Integrations', icon: IconPlugConnected, key: 'i' },
  { to: '/$project/stores', title: 'Stores', icon: IconBuildingStore, key: 's' },
  { to: '/$project/settings', title: 'Settings', icon: IconSettings, key: 't' },
] as const satisfies readonly { to: string; title: string; icon: Icon; key: string }[]
