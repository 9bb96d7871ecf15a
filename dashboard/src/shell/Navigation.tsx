import { Stack } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useProject } from '../project.ts'
import { PAGES } from './pages.ts'
import classes from './Shell.module.css'

export function Navigation() {
  const { id } = useProject()
  return (
    <Stack component="nav" gap={2} aria-label="Pages">
      {PAGES.map(({ to, title, icon: Sign }) => (
        <Link key={to} to={to} params={{ project: id }} className={classes.link}>
          <Sign size={18} stroke={1.6} aria-hidden />
          {title}
        </Link>
      ))}
    </Stack>
  )
}
