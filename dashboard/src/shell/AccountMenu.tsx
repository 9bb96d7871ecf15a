import { ActionIcon, type MantineColorScheme, Menu, Text, useMantineColorScheme } from '@mantine/core'
import {
  IconDeviceDesktop,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconSun,
  IconUser,
  IconUserCircle,
} from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { signOut } from '../api/session.ts'
import { sayFailed } from '../parts/notify.ts'
import { useProject, useSession } from '../project.ts'
import { queries } from '../queries.ts'

const SCHEMES = [
  { value: 'auto', title: 'As the system', icon: IconDeviceDesktop },
  { value: 'light', title: 'Light', icon: IconSun },
  { value: 'dark', title: 'Dark', icon: IconMoon },
] as const satisfies readonly { value: MantineColorScheme; title: string; icon: typeof IconSun }[]

function schemeOf(word: string): MantineColorScheme {
  return SCHEMES.find(({ value }) => value === word)?.value ?? 'auto'
}

export function AccountMenu({ onHelp }: { readonly onHelp: () => void }) {
  const { account } = useSession()
  const { id } = useProject()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const navigate = useNavigate()
  const leave = async (): Promise<void> => {
    try {
      await signOut()
      queries.clear()
      await navigate({ to: '/sign-in' })
    } catch (error) {
      sayFailed(error)
    }
  }
  return (
    <Menu position="bottom-end" width={240} closeOnItemClick={false}>
      <Menu.Target>
        <ActionIcon variant="subtle" radius="xl" size={34} aria-label="Account and theme">
          <IconUserCircle size={24} stroke={1.5} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} c="var(--mantine-color-text)" truncate>
            {account.name}
          </Text>
          <Text size="xs" truncate>
            {account.email}
          </Text>
        </Menu.Label>
        <Menu.Item
          component={Link}
          to="/$project/settings/account"
          params={{ project: id } as never}
          leftSection={<IconUser size={16} aria-hidden />}
          closeMenuOnClick
        >
          Your account
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={16} aria-hidden />} onClick={onHelp} closeMenuOnClick>
          Keyboard shortcuts
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Theme</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={(next) => setColorScheme(schemeOf(next))}>
          {SCHEMES.map(({ value, title, icon: Sign }) => (
            <Menu.RadioItem key={value} value={value} rightSection={<Sign size={16} aria-hidden />}>
              {title}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void leave()} closeMenuOnClick>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
