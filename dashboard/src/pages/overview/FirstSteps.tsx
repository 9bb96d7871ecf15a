import { Button, Text, ThemeIcon } from '@mantine/core'
import { IconCheck, IconNumber1, IconNumber2, IconNumber3 } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { connectorsQuery } from '../../api/connectors.ts'
import { type Overview, simulate } from '../../api/overview.ts'
import { LinkButton } from '../../parts/links.tsx'
import { sayDone, sayFailed } from '../../parts/notify.ts'
import { Panel } from '../../parts/Panel.tsx'
import { useProject } from '../../project.ts'
import { queries } from '../../queries.ts'
import classes from './Overview.module.css'

/** What a new project needs; each step turns green by itself, and all are gone when the last one is. */
export function FirstSteps({ overview }: { readonly overview: Overview }) {
  const { id, may } = useProject()
  const { app, integration, event } = overview.first_steps
  if (app && integration && event) return null
  return (
    <Panel title="First steps" about="Three things, and the first event arrives.">
      <ol className={classes.steps}>
        <Step
          done={app}
          sign={<IconNumber1 size={16} />}
          title="Connect a store"
          about="Its notifications tell what your customers buy."
        >
          {may('configure') && (
            <LinkButton to="/$project/stores" params={{ project: id }} size="xs" variant="default">
              Connect a store
            </LinkButton>
          )}
        </Step>
        <Step
          done={integration}
          sign={<IconNumber2 size={16} />}
          title="Connect a destination"
          about="Segment or CleverTap receives the events."
        >
          {may('integrate') && (
            <LinkButton to="/$project/integrations" params={{ project: id }} size="xs" variant="default">
              Connect a destination
            </LinkButton>
          )}
        </Step>
        <Step
          done={event}
          sign={<IconNumber3 size={16} />}
          title="See the first event"
          about="It shows here as soon as a store reports a purchase."
        >
          <FirstEvent overview={overview} />
        </Step>
      </ol>
    </Panel>
  )
}

interface StepProps {
  readonly done: boolean
  readonly sign: ReactNode
  readonly title: string
  readonly about: string
  readonly children: ReactNode
}

function Step({ done, sign, title, about, children }: StepProps) {
  return (
    <li className={classes.step} data-done={done || undefined}>
      <ThemeIcon size="sm" radius="xl" color={done ? 'teal' : 'river'} variant={done ? 'filled' : 'light'} aria-hidden>
        {done ? <IconCheck size={14} /> : sign}
      </ThemeIcon>
      <div>
        <Text fw={600} size="sm">
          {title}
          {done && (
            <Text span inherit c="teal" fw={500}>
              {' '}
              · done
            </Text>
          )}
        </Text>
        <Text size="sm" c="dimmed">
          {about}
        </Text>
      </div>
      {!done && <div>{children}</div>}
    </li>
  )
}

/** Where the hub trusts a simulator a purchase can be played; elsewhere the store's page has its own test. */
function FirstEvent({ overview }: { readonly overview: Overview }) {
  const { id, may } = useProject()
  const connectors = useQuery({ ...connectorsQuery(id), enabled: overview.apps.length > 0 && may('configure') })
  const found = overview.apps
    .map((app) => ({
      app,
      scenarios: connectors.data?.stores.find((one) => one.id === app.store)?.simulator?.scenarios ?? [],
    }))
    .find(({ scenarios }) => scenarios.length > 0)
  const play = useMutation({
    mutationFn: ({ app, scenario }: { readonly app: string; readonly scenario: string }) => simulate(id, app, scenario),
    onSuccess: async () => {
      sayDone('A simulated purchase was sent; its event shows in a moment.')
      await queries.invalidateQueries({ queryKey: ['overview', id] })
    },
    onError: sayFailed,
  })
  const scenario = found?.scenarios[0]
  if (found === undefined || scenario === undefined) {
    const [first] = overview.apps
    if (first === undefined) return null
    return (
      <LinkButton to="/$project/stores/$id" params={{ project: id, id: first.id }} size="xs" variant="default">
        Ask the store for a test
      </LinkButton>
    )
  }
  return (
    <Button
      size="xs"
      loading={play.isPending}
      onClick={() => play.mutate({ app: found.app.id, scenario: scenario.name })}
    >
      Send a simulated purchase
    </Button>
  )
}
