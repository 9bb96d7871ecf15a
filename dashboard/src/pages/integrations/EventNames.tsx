import { Code, Group, Switch, Text, TextInput } from '@mantine/core'
import type { DestinationConnector } from '../../api/connectors.ts'
import type { FieldErrors } from '../../parts/form/values.ts'
import { countText } from '../../parts/money.ts'
import { storeName } from '../../parts/words.ts'
import type { Names } from './draft.ts'
import classes from './Integrations.module.css'

interface EventNamesProps {
  readonly destination: DestinationConnector
  readonly names: Names
  readonly onChange: (names: Names) => void
  readonly errors: FieldErrors
  readonly readOnly: boolean
  /** Events of 30 days by name; null: not known yet. */
  readonly volume: ReadonlyMap<string, number> | null
  /** Every event is sent for every store. */
  readonly allStores: boolean
}

/** What each event is called at the destination, and which of them are not sent. */
export function EventNames(props: EventNamesProps) {
  const { destination, names, onChange, readOnly, volume } = props
  return (
    <>
      <Switch
        label="Use the default event names"
        description="Each event is sent, under the name that the table shows."
        checked={names.defaults}
        disabled={readOnly}
        onChange={(event) => onChange({ ...names, defaults: event.currentTarget.checked })}
        mb="sm"
      />
      <table className={classes.names}>
        <caption className={classes.hidden}>Names of events in {destination.title}</caption>
        <thead>
          <tr>
            <th scope="col">Event</th>
            {!names.defaults && <th scope="col">Sent</th>}
            <th scope="col">Name in {destination.title}</th>
            <th scope="col">Stores</th>
            {volume !== null && (
              <th scope="col" className={classes.right}>
                In 30 days
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {destination.event_names.map((event) => (
            <EventRow key={event.key} event={event} {...props} />
          ))}
        </tbody>
      </table>
    </>
  )
}

interface EventRowProps extends EventNamesProps {
  readonly event: DestinationConnector['event_names'][number]
}

function EventRow({ event, destination, names, onChange, errors, readOnly, volume, allStores }: EventRowProps) {
  const { key, label } = event
  const off = names.off.includes(key)
  const send = (sent: boolean): void =>
    onChange({ ...names, off: sent ? names.off.filter((one) => one !== key) : [...names.off, key] })
  return (
    <tr>
      <th scope="row">
        {label}
        <Text size="xs" c="dimmed" ff="monospace">
          {key}
        </Text>
      </th>
      {!names.defaults && (
        <td data-label="Sent">
          <Switch
            aria-label={`Send ${label}`}
            checked={!off}
            disabled={readOnly}
            onChange={(change) => send(change.currentTarget.checked)}
          />
        </td>
      )}
      <td data-label="Name">
        {names.defaults ? (
          <Code>{event.default}</Code>
        ) : off ? (
          <Text size="sm" c="dimmed">
            Not sent
          </Text>
        ) : (
          <TextInput
            aria-label={`Name of ${label} in ${destination.title}`}
            placeholder={event.default}
            value={names.own[key] ?? ''}
            error={errors[key]}
            disabled={readOnly}
            onChange={(change) => onChange({ ...names, own: { ...names.own, [key]: change.currentTarget.value } })}
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </td>
      <td data-label="Stores">
        <Group gap={4}>
          <Text size="sm" c="dimmed">
            {storesText(allStores ? null : event.stores, destination)}
          </Text>
        </Group>
      </td>
      {volume !== null && (
        <td data-label="In 30 days" className={`${classes.right} figures`}>
          {countText(volume.get(key) ?? 0)}
        </td>
      )}
    </tr>
  )
}

/** The shorter of "which" and "which not". null: all of them. */
function storesText(stores: readonly string[] | null, { event_names }: DestinationConnector): string {
  const all = [...new Set(event_names.flatMap((event) => event.stores))]
  const missing = stores === null ? [] : all.filter((store) => !stores.includes(store))
  if (stores?.length === 0) return 'None'
  if (missing.length === 0) return 'All'
  const names = (some: readonly string[]): string => some.map(storeName).join(', ')
  return missing.length < (stores ?? []).length ? `All but ${names(missing)}` : names(stores ?? [])
}
