import { Group, Paper, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './Panel.module.css'

interface PanelProps {
  readonly title: string
  readonly about?: string
  readonly actions?: ReactNode
  readonly children: ReactNode
  /** Without room at the sides: for lists. */
  readonly flush?: boolean
}

/** A part of a page with a heading of its own. */
export function Panel({ title, about, actions, children, flush = false }: PanelProps) {
  return (
    <Paper component="section" className={classes.panel} aria-label={title}>
      <Group justify="space-between" gap="sm" className={classes.head}>
        <div>
          <Title order={2} fz="md">
            {title}
          </Title>
          {about !== undefined && (
            <Text size="xs" c="dimmed">
              {about}
            </Text>
          )}
        </div>
        {actions}
      </Group>
      <div className={classes.body} data-flush={flush || undefined}>
        {children}
      </div>
    </Paper>
  )
}
