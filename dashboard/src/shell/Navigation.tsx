import { Box, Stack } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useProject } from '../project.ts'
import { EnvironmentSwitch } from './EnvironmentSwitch.tsx'
import { PAGES } from './pages.ts'
import classes from './Shell.module.css'

/** On a phone the environment is chosen here, since the head has no room for it. */
export function Navigation({ withEnvironment }: { readonly withEnvironment: boolean }) {
  const { id } = useProject()
  return (
    <Stack component="nav" gap={2} aria-label="Pages">
      {withEnvironment && (
        <Box mb="sm">
          <EnvironmentSwitch />
        </Box>
      )}
      {PAGES.map(({ to, title, icon: Sign }) => (
        <Link key={to} to={to} params={{ project: id }} className={classes.link}>
          <Sign size={18} stroke={1.6} aria-hidden />
          {title}
        </Link>
      ))}
    </Stack>
  )
}
