import { Group, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type App, appsQuery } from '../../api/apps.ts'
import { connectorsQuery, type StoreConnector } from '../../api/connectors.ts'
import type { FieldOf } from '../../api/field.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { asValues, isGiven } from '../../parts/form/values.ts'
import { LinkText } from '../../parts/links.tsx'
import { Panel } from '../../parts/Panel.tsx'
import { useProject } from '../../project.ts'
import classes from './Settings.module.css'

/** The commission programmes that an app takes part in, from when until when. They are settings of the app. */
export function Programs() {
  const { id } = useProject()
  const apps = useQuery(appsQuery(id))
  const connectors = useQuery(connectorsQuery(id))
  const error = apps.error ?? connectors.error
  const loaded = apps.data !== undefined && connectors.data !== undefined
  const shown = loaded
    ? apps.data.flatMap((app) => {
        const connector = connectors.data.stores.find((one) => one.id === app.store)
        return connector === undefined || programsOf(connector).length === 0 ? [] : [{ app, connector }]
      })
    : []
  return (
    <Panel
      title="Commission programmes"
      about="Lower shares that a store grants on application. They are set at each store."
      flush
    >
      {error !== null && <ErrorState error={error} />}
      {error === null && !loaded && (
        <Skeleton height={60} m="md" role="status" aria-label="The programmes are loading" />
      )}
      {loaded && shown.length === 0 && (
        <Text size="sm" c="dimmed" p="md" pt={0}>
          No store of this project has programmes.
        </Text>
      )}
      <ul className={classes.list}>
        {shown.map(({ app, connector }) => (
          <li key={app.id} className={classes.item}>
            <div>
              <Text fw={600} size="sm">
                {app.title} · {app.id}
              </Text>
              <InForce app={app} connector={connector} />
            </div>
            <LinkText
              to="/$project/stores/$id"
              params={{ project: id, id: app.id }}
              search={{ tab: 'settings' } as never}
              size="sm"
              aria-label={`Set the programmes of ${app.id}`}
            >
              Set
            </LinkText>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function InForce({ app, connector }: { readonly app: App; readonly connector: StoreConnector }) {
  const joined = programsOf(connector).filter(({ key }) => isGiven(asValues(app.settings[key]).from))
  const rates = [
    ...(app.commission === null ? [] : [`commission ${percent(app.commission)} for everything`]),
    ...(app.tax === null ? [] : [`tax ${percent(app.tax)} for everything`]),
  ]
  if (joined.length === 0 && rates.length === 0)
    return (
      <Text size="sm" c="dimmed">
        None: the standard shares by the tables.
      </Text>
    )
  return (
    <Stack gap={2}>
      {joined.map((field) => {
        const { from, until } = asValues(app.settings[field.key])
        return (
          <Group key={field.key} gap={6}>
            <Text size="sm">{field.label}</Text>
            <Text size="sm" c="dimmed">
              from {String(from)}
              {typeof until === 'string' && ` until ${until}`}
            </Text>
          </Group>
        )
      })}
      {rates.map((rate) => (
        <Text key={rate} size="sm">
          Its own {rate}
        </Text>
      ))}
    </Stack>
  )
}

/** A programme is what has a first and a last day. */
function programsOf(connector: StoreConnector): readonly FieldOf<'object'>[] {
  return connector.fields.filter(
    (field) => field.type === 'object' && field.fields.some(({ key }) => key === 'from'),
  ) as readonly FieldOf<'object'>[]
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(4))} %`
}
