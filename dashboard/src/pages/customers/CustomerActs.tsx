import { Button, List, Stack, Text } from '@mantine/core'
import { IconDownload, IconTrash } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { type Customer, eraseCustomer, exportAddress } from '../../api/customers.ts'
import { download } from '../../api/download.ts'
import { ConfirmDialog } from '../../parts/ConfirmDialog.tsx'
import { sayDone, sayFailed } from '../../parts/notify.ts'
import { whoMay } from '../../parts/roles.ts'
import { useProject } from '../../project.ts'
import { queries } from '../../queries.ts'

interface CustomerActsProps {
  readonly id: string
  readonly customer: Customer
}

/** What the law lets a person ask for: all that is kept about them, and that it goes. */
export function CustomerActs({ id, customer }: CustomerActsProps) {
  const { id: project, may } = useProject()
  const [asked, setAsked] = useState(false)
  const save = useMutation({
    mutationFn: () =>
      download(exportAddress(project, id), `customer-${id.replaceAll(/[^\w.-]/g, '_').slice(0, 80)}.json`),
    onError: sayFailed,
  })
  return (
    <>
      <Button
        variant="default"
        size="xs"
        leftSection={<IconDownload size={14} aria-hidden />}
        onClick={() => save.mutate()}
        loading={save.isPending}
        {...(may('personal') ? {} : { disabled: true, title: whoMay('personal') })}
      >
        Export
      </Button>
      <Button
        variant="light"
        color="red"
        size="xs"
        leftSection={<IconTrash size={14} aria-hidden />}
        onClick={() => setAsked(true)}
        {...(may('customers') ? {} : { disabled: true, title: whoMay('customers') })}
      >
        Delete
      </Button>
      <EraseDialog id={id} customer={customer} opened={asked} onClose={() => setAsked(false)} />
    </>
  )
}

interface EraseDialogProps extends CustomerActsProps {
  readonly opened: boolean
  readonly onClose: () => void
}

function EraseDialog({ id, customer, opened, onClose }: EraseDialogProps) {
  const { id: project } = useProject()
  const navigate = useNavigate()
  const erase = useMutation({
    mutationFn: () => eraseCustomer(project, id),
    onSuccess: async ({ finished }) => {
      await navigate({ to: '/$project/customers', params: { project }, search: {} as never, replace: true })
      for (const key of ['customer', 'timeline']) queries.removeQueries({ queryKey: [key, project, id] })
      for (const key of ['customers', 'events', 'event']) void queries.invalidateQueries({ queryKey: [key, project] })
      sayDone(
        finished
          ? 'The person is erased.'
          : 'The person is erased; what a request under way still needs goes within a minute.',
      )
    },
  })
  const ids = customer.aliases.length
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title="Erase this person?"
      act="Erase the person"
      onConfirm={() => erase.mutate()}
      pending={erase.isPending}
      error={erase.error}
      typeName={id}
    >
      <Stack gap="xs">
        <Text size="sm" fw={600}>
          What goes, and does not come back
        </Text>
        <List size="sm">
          <List.Item>
            {ids === 1 ? 'the id' : `all ${ids} ids`}, e-mail and other attributes, with their history
          </List.Item>
          <List.Item>ids and attributes in events, and the stores’ messages about the purchases</List.Item>
          <List.Item>the log of requests that carried this person, other people’s part in them too</List.Item>
          <List.Item>what waits for a destination is not sent any more</List.Item>
        </List>
        <Text size="sm" fw={600}>
          What stays
        </Text>
        <List size="sm">
          <List.Item>amounts, dates, products, countries and stores, under a drawn id that leads to nobody</List.Item>
          <List.Item>
            the stores’ own ids of the purchases: a subscription goes on at its store until it ends there
          </List.Item>
          <List.Item>what Segment, CleverTap and others have received: have it erased there</List.Item>
        </List>
      </Stack>
    </ConfirmDialog>
  )
}
