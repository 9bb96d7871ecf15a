import { Paper, SimpleGrid, Text } from '@mantine/core'
import type { Hours, Overview } from '../../api/overview.ts'
import { countText } from '../../parts/money.ts'
import classes from './Overview.module.css'

/** The figures of this moment, and the sum of the time that is shown. */
export function Standing({ overview, hours }: { readonly overview: Overview; readonly hours: Hours }) {
  const { active, totals, integrations } = overview
  const events = Object.values(totals).reduce((sum, count) => sum + (count ?? 0), 0)
  const failed = integrations.reduce((sum, one) => sum + one.failed, 0)
  const since = hours === 24 ? 'in 24 hours' : hours === 168 ? 'in 7 days' : 'in 30 days'
  return (
    <SimpleGrid component="dl" cols={{ base: 2, sm: 4 }} spacing="md" m={0}>
      <Figure name="Active subscriptions" value={countText(active.subscriptions)} more={graceText(active.grace)} />
      <Figure name="Active trials" value={countText(active.trials)} more="now" />
      <Figure name="Events" value={countText(events)} more={since} />
      <Figure name="Failed deliveries" value={countText(failed)} more={since} trouble={failed > 0} />
    </SimpleGrid>
  )
}

function graceText(grace: number): string {
  return grace === 0 ? 'now' : `${countText(grace)} in a grace period`
}

interface FigureProps {
  readonly name: string
  readonly value: string
  readonly more: string
  readonly trouble?: boolean
}

function Figure({ name, value, more, trouble = false }: FigureProps) {
  return (
    <Paper className={classes.figure}>
      <Text component="dt" size="xs" c="dimmed" fw={500}>
        {name}
      </Text>
      <dd className={classes.number} data-trouble={trouble || undefined}>
        {value}
        <Text component="span" display="block" size="xs" c="dimmed" fw={400}>
          {more}
        </Text>
      </dd>
    </Paper>
  )
}
