import { Tabs } from '@mantine/core'
import { Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import type { Permission } from '../../api/session.ts'
import { useProject } from '../../project.ts'

const PARTS = [
  { part: 'project', title: 'Project', may: 'read' },
  { part: 'products', title: 'Products', may: 'read' },
  { part: 'money', title: 'Money', may: 'read' },
  { part: 'keys', title: 'API keys', may: 'keys' },
  { part: 'members', title: 'Members', may: 'read' },
  { part: 'audit', title: 'Audit log', may: 'audit' },
  { part: 'account', title: 'Your account', may: 'read' },
] as const satisfies readonly { part: string; title: string; may: Permission }[]

/** The tabs over the pages of settings; each page has its own head. */
export function SettingsPage() {
  const { id, may } = useProject()
  const navigate = useNavigate()
  const path = useRouterState({ select: ({ location }) => location.pathname })
  const here = PARTS.find(({ part }) => path.endsWith(`/settings/${part}`))?.part ?? 'account'
  // On a phone not all tabs have room: the one that is open is brought into sight.
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    list.current?.querySelector(`[data-part="${here}"]`)?.scrollIntoView({ inline: 'center', block: 'nearest' })
  }, [here])
  const go = (part: string | null): void => {
    const to = PARTS.find((one) => one.part === part)
    if (to !== undefined) void navigate({ to: `/$project/settings/${to.part}`, params: { project: id } })
  }
  return (
    <Tabs value={here} onChange={go} keepMounted={false} activateTabWithKeyboard={false}>
      <Tabs.List
        ref={list}
        mb="lg"
        aria-label="Settings"
        style={{ flexWrap: 'nowrap', overflowX: 'auto', overflowY: 'hidden' }}
      >
        {PARTS.filter((one) => may(one.may)).map(({ part, title }) => (
          <Tabs.Tab key={part} value={part} data-part={part}>
            {title}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value={here}>
        <Outlet />
      </Tabs.Panel>
    </Tabs>
  )
}
