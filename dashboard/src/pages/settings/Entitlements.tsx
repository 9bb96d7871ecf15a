import { Badge, Button, Group, Modal, Text } from '@mantine/core'
import { IconKey, IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import type { Project } from '../../api/settings.ts'
import { ConfirmDialog } from '../../parts/ConfirmDialog.tsx'
import { EmptyState } from '../../parts/EmptyState.tsx'
import { sayDone } from '../../parts/notify.ts'
import { Panel } from '../../parts/Panel.tsx'
import { useProject } from '../../project.ts'
import { EntitlementForm } from './EntitlementForm.tsx'
import { useProjectChange } from './project-change.ts'
import classes from './Settings.module.css'

/** Which products give what. All of them are written at once, as the config file has them. */
export function Entitlements({ project }: { readonly project: Project }) {
  const { may } = useProject()
  const [edited, setEdited] = useState<string | null>(null)
  const [adding, setAdding] = useState(false)
  const [removing, setRemoving] = useState<string | null>(null)
  const act = useProjectChange(project.id)
  const open = may('configure') && project.managed === 'dashboard'
  const entries = Object.entries(project.entitlements)
  const close = (): void => {
    setEdited(null)
    setAdding(false)
    setRemoving(null)
    act.reset()
  }
  const write = (entitlements: Readonly<Record<string, readonly string[]>>, said: string): void =>
    act.mutate({ entitlements }, { onSuccess: () => [close(), sayDone(said)] })
  const add = (
    <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setAdding(true)}>
      Add an entitlement
    </Button>
  )
  return (
    <Panel title="Entitlements" actions={open && entries.length > 0 ? add : undefined} flush>
      {entries.length === 0 && (
        <EmptyState icon={IconKey} title="No entitlement yet" action={open ? add : undefined}>
          Name what your customers pay for, as premium, and list the products that give it.
        </EmptyState>
      )}
      <ul className={classes.list}>
        {entries.map(([name, products]) => (
          <li key={name} className={classes.item}>
            <div>
              <Text fw={600} size="sm" style={{ overflowWrap: 'anywhere' }}>
                {name}
              </Text>
              <Products products={products} />
            </div>
            {open && (
              <Group gap={4} wrap="nowrap">
                <Button size="compact-sm" variant="default" onClick={() => setEdited(name)} aria-label={`Edit ${name}`}>
                  Edit
                </Button>
                <Button
                  size="compact-sm"
                  variant="subtle"
                  color="red"
                  onClick={() => setRemoving(name)}
                  aria-label={`Remove ${name}`}
                >
                  Remove
                </Button>
              </Group>
            )}
          </li>
        ))}
      </ul>
      <Modal
        opened={adding || edited !== null}
        onClose={close}
        title={edited === null ? 'Add an entitlement' : `Edit ${edited}`}
      >
        <EntitlementForm
          key={edited ?? ''}
          project={project}
          edited={edited}
          error={act.error}
          pending={act.isPending}
          onCancel={close}
          onSave={(entitlements, name) => write(entitlements, `${name} is saved.`)}
        />
      </Modal>
      <ConfirmDialog
        opened={removing !== null}
        onClose={close}
        title={`Remove the entitlement ${removing ?? ''}?`}
        act="Remove it"
        pending={act.isPending}
        error={act.error}
        onConfirm={() => {
          const rest = entries.filter(([name]) => name !== removing)
          write(Object.fromEntries(rest), `${removing ?? ''} is removed.`)
        }}
      >
        Whoever bought {new Intl.ListFormat('en').format(project.entitlements[removing ?? ''] ?? [])} has it no longer,
        at once, and events name it no more. Purchases stay as they are.
      </ConfirmDialog>
    </Panel>
  )
}

function Products({ products }: { readonly products: readonly string[] }) {
  if (products.length === 0)
    return (
      <Text size="sm" c="dimmed">
        No product gives it yet.
      </Text>
    )
  return (
    <Group gap={6} mt={4}>
      {products.map((product) => (
        <Badge key={product} variant="default" radius="sm" tt="none" fw={400} className={classes.product}>
          {product}
        </Badge>
      ))}
    </Group>
  )
}
