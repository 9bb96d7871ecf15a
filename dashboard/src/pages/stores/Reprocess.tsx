import { Button, Group, List, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type ReprocessDiff, reprocess } from '../../api/apps.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { sayDone } from '../../parts/notify.ts'
import { Panel } from '../../parts/Panel.tsx'
import { words } from '../../parts/words.ts'
import { useProject } from '../../project.ts'
import { queries } from '../../queries.ts'

/** Understands a message once more. What it would do is said before it is done. */
export function Reprocess({ id }: { readonly id: string }) {
  const { id: project } = useProject()
  const look = useMutation({ mutationFn: () => reprocess(project, id, true) })
  const act = useMutation({
    mutationFn: () => reprocess(project, id, false),
    onSuccess: async (done) => {
      look.reset()
      sayDone(done.would_add.length === 0 ? 'It was run again and changed nothing.' : `${added(done)} from it.`)
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['notifications', project] }),
        queries.invalidateQueries({ queryKey: ['apps', project] }),
      ])
    },
  })
  const error = act.error ?? look.error
  return (
    <Panel
      title="Run it again"
      about="After settings were put right, or a new version understands more."
      actions={
        look.data === undefined && (
          <Button size="xs" variant="default" onClick={() => look.mutate()} loading={look.isPending}>
            Reprocess
          </Button>
        )
      }
    >
      <Stack gap="sm">
        {error !== null && <ErrorState error={error} />}
        {look.data !== undefined && (
          <>
            <Diff diff={look.data} />
            <Group gap="xs" justify="flex-end">
              <Button size="xs" variant="default" onClick={() => look.reset()}>
                Leave it
              </Button>
              <Button size="xs" onClick={() => act.mutate()} loading={act.isPending}>
                Reprocess now
              </Button>
            </Group>
          </>
        )}
      </Stack>
    </Panel>
  )
}

function Diff({ diff }: { readonly diff: ReprocessDiff }) {
  const { would_add: adds, would_change: changes, note } = diff
  return (
    <div role="status">
      <Text size="sm" fw={500}>
        It would add {count(adds.length)} and change{' '}
        {changes.length === 0 ? 'none' : `none of the ${changes.length} that it reads otherwise now`}.
      </Text>
      {adds.length > 0 && (
        <List size="sm">
          {adds.map((event) => (
            <List.Item key={event.id}>
              {words(event.name ?? event.type)} of {event.original_app_user_id}, {event.product_id}
            </List.Item>
          ))}
        </List>
      )}
      {note !== null && (
        <Text size="sm" c="dimmed">
          {note}
        </Text>
      )}
    </div>
  )
}

function count(events: number): string {
  return events === 0 ? 'no event' : events === 1 ? '1 event' : `${events} events`
}

function added({ would_add: adds }: ReprocessDiff): string {
  return adds.length === 1 ? 'One event came' : `${adds.length} events came`
}
