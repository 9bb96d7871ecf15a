import { Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core'
import { IconGift } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import {
  type Customer,
  DURATIONS,
  type Duration,
  type Entitlement,
  type Grant,
  grantEntitlement,
  revokeGrants,
} from '../../api/customers.ts'
import { ApiProblem } from '../../api/problem.ts'
import { projectQuery } from '../../api/settings.ts'
import { ConfirmDialog } from '../../parts/ConfirmDialog.tsx'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { sayDone } from '../../parts/notify.ts'
import { Panel } from '../../parts/Panel.tsx'
import { whoMay } from '../../parts/roles.ts'
import { StatusBadge } from '../../parts/StatusBadge.tsx'
import { dayText, msOf } from '../../parts/time.ts'
import { useProject } from '../../project.ts'
import classes from './Customers.module.css'
import { readAgain } from './read-again.ts'

interface EntitlementsProps {
  readonly id: string
  readonly customer: Customer
}

/** What a customer may use at this moment, by purchase or by grant. */
export function Entitlements({ id, customer }: EntitlementsProps) {
  const { may } = useProject()
  const [granting, setGranting] = useState(false)
  const [revoking, setRevoking] = useState<string | null>(null)
  const denied = may('customers') ? {} : { disabled: true, title: whoMay('customers') }
  const granted = new Set(
    customer.purchases.flatMap(({ store, status, line }) =>
      store === 'promotional' && status === 'promotional' ? [line] : [],
    ),
  )
  return (
    <Panel
      title="Entitlements"
      flush
      actions={
        <Button
          size="xs"
          variant="default"
          leftSection={<IconGift size={14} aria-hidden />}
          onClick={() => setGranting(true)}
          {...denied}
        >
          Grant
        </Button>
      }
    >
      {customer.entitlements.length === 0 && (
        <Text size="sm" c="dimmed" px="md" pb="md">
          None: neither a purchase nor a grant unlocks anything.
        </Text>
      )}
      {customer.entitlements.map((entitlement) => (
        <div key={entitlement.id} className={classes.line}>
          <Group justify="space-between" gap="xs">
            <Group gap="xs">
              <Text size="sm" fw={500}>
                {entitlement.id}
              </Text>
              <StatusBadge status={entitlement.active ? 'active' : 'expired'} />
            </Group>
            {granted.has(entitlement.id) && (
              <Button size="xs" variant="default" onClick={() => setRevoking(entitlement.id)} {...denied}>
                Revoke
              </Button>
            )}
          </Group>
          <Text size="sm" c="dimmed">
            {untilText(entitlement)} by {entitlement.product_id}
          </Text>
        </div>
      ))}
      {granting && <GrantDialog id={id} onClose={() => setGranting(false)} />}
      <RevokeDialog id={id} entitlement={revoking} onClose={() => setRevoking(null)} />
    </Panel>
  )
}

function untilText({ active, expires_at: end, grace_period_expires_at: grace }: Entitlement): string {
  if (end === null) return 'For ever'
  if (!active) return `Ended on ${dayText(msOf(end))}`
  return grace === null ? `Until ${dayText(msOf(end))}` : `In grace until ${dayText(msOf(grace))}`
}

interface RevokeDialogProps {
  readonly id: string
  readonly entitlement: string | null
  readonly onClose: () => void
}

function RevokeDialog({ id, entitlement, onClose }: RevokeDialogProps) {
  const { id: project } = useProject()
  const revoke = useMutation({
    mutationFn: () => revokeGrants(project, id, entitlement ?? ''),
    onSuccess: ({ revoked }) => {
      sayDone(revoked === 1 ? 'One grant was taken back.' : `${revoked} grants were taken back.`)
      readAgain(project, id)
      onClose()
    },
  })
  const close = (): void => {
    revoke.reset()
    onClose()
  }
  return (
    <ConfirmDialog
      opened={entitlement !== null}
      onClose={close}
      title={`Revoke ${entitlement ?? ''}?`}
      act="Revoke the grants"
      onConfirm={() => revoke.mutate()}
      pending={revoke.isPending}
      error={revoke.error}
    >
      {`All grants of ${entitlement ?? ''} that ${id} has end at once, and integrations are told. What they bought themselves stays.`}
    </ConfirmDialog>
  )
}

const OWN_END = 'until'
const LASTS = [...DURATIONS, { value: OWN_END, label: 'Until a day of your choice' }] as const

function GrantDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const { id: project } = useProject()
  const settings = useQuery(projectQuery(project))
  const names = Object.keys(settings.data?.entitlements ?? {})
  const [chosen, setChosen] = useState<string | null>(null)
  const [lasts, setLasts] = useState<Duration | typeof OWN_END>('monthly')
  const [day, setDay] = useState('')
  const entitlement = chosen ?? (names.length === 1 ? (names[0] ?? null) : null)
  const grant = useMutation({
    mutationFn: (wish: Grant) => grantEntitlement(project, id, wish),
    onSuccess: (_, { entitlement: name }) => {
      sayDone(`${name} was granted.`)
      readAgain(project, id)
      onClose()
    },
  })
  const errors = grant.error instanceof ApiProblem ? grant.error.errors : []
  const at = (path: string): string | undefined => errors.find((one) => one.at === path)?.message
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    if (entitlement === null || (lasts === OWN_END && day === '')) return
    // Until the end of that day, by the reader's calendar.
    const end = new Date(`${day}T00:00:00`).getTime() + 86_400_000
    grant.mutate({ entitlement, ...(lasts === OWN_END ? { end_time_ms: end } : { duration: lasts }) })
  }
  return (
    <Modal opened onClose={onClose} title="Grant an entitlement">
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{`${id} may use it at once, without paying; integrations are told of it.`}</Text>
          {settings.isError && <ErrorState error={settings.error} />}
          {settings.isSuccess && names.length === 0 && (
            <Text size="sm">The project has no entitlements yet; add one under Settings, Products.</Text>
          )}
          <Select
            label="Entitlement"
            data={names}
            value={entitlement}
            onChange={setChosen}
            error={at('entitlement')}
            allowDeselect={false}
            data-autofocus
          />
          <Select
            label="Lasts"
            data={LASTS}
            value={lasts}
            onChange={(value) => setLasts(LASTS.find((one) => one.value === value)?.value ?? 'monthly')}
            error={at('duration')}
            allowDeselect={false}
          />
          {lasts === OWN_END && (
            <TextInput
              type="date"
              label="Last day"
              value={day}
              onChange={(event) => setDay(event.currentTarget.value)}
              error={at('end_time_ms')}
            />
          )}
          {grant.isError && errors.length === 0 && <ErrorState error={grant.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              loading={grant.isPending}
              disabled={entitlement === null || (lasts === OWN_END && day === '')}
            >
              Grant
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
