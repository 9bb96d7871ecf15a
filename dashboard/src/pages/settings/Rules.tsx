import { Button, Group, Modal, Table, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import type { Field, FieldValues } from '../../api/field.ts'
import type { Project, RuleList } from '../../api/settings.ts'
import { ConfirmDialog } from '../../parts/ConfirmDialog.tsx'
import { isGiven } from '../../parts/form/values.ts'
import { sayDone } from '../../parts/notify.ts'
import { Panel } from '../../parts/Panel.tsx'
import { storeName, words } from '../../parts/words.ts'
import { useProject } from '../../project.ts'
import { useProjectChange } from './project-change.ts'
import { RuleForm } from './RuleForm.tsx'
import classes from './Settings.module.css'

interface RulesProps {
  readonly project: Project
  readonly list: RuleList
  readonly title: string
  /** What one of them is called. */
  readonly one: string
  readonly about: string
}

/** Rules of the project's own, in the order in which they are asked. Written all at once, as the config file has them. */
export function Rules({ project, list, title, one, about }: RulesProps) {
  const { may } = useProject()
  const rules = project[list]
  const [edited, setEdited] = useState<number | null>(null)
  const [removing, setRemoving] = useState<number | null>(null)
  const act = useProjectChange(project.id)
  const open = may('configure') && project.managed === 'dashboard'
  const close = (): void => {
    setEdited(null)
    setRemoving(null)
    act.reset()
  }
  const write = (next: readonly FieldValues[], said: string): void =>
    act.mutate({ [list]: next }, { onSuccess: () => [close(), sayDone(said)] })
  const isNew = edited === rules.length
  return (
    <Panel
      title={title}
      about={about}
      actions={
        open && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => setEdited(rules.length)}
          >
            Add {article(one)} {one}
          </Button>
        )
      }
    >
      {rules.length === 0 ? (
        <Text size="sm" c="dimmed">
          None of your own: the tables of the hub decide.
        </Text>
      ) : (
        <RuleTable
          title={title}
          one={one}
          fields={project.rule_fields[list]}
          rules={rules}
          open={open}
          onEdit={setEdited}
          onRemove={setRemoving}
        />
      )}
      <Modal opened={edited !== null} onClose={close} title={isNew ? `Add ${article(one)} ${one}` : `Edit the ${one}`}>
        <RuleForm
          key={edited ?? -1}
          fields={project.rule_fields[list]}
          rule={rules[edited ?? -1] ?? {}}
          under={`${list}.${edited ?? 0}`}
          error={act.error}
          pending={act.isPending}
          onCancel={close}
          onSave={(rule) =>
            write(
              isNew ? [...rules, rule] : rules.map((old, at) => (at === edited ? rule : old)),
              `The ${one} is saved.`,
            )
          }
        />
      </Modal>
      <ConfirmDialog
        opened={removing !== null}
        onClose={close}
        title={`Remove the ${one}?`}
        act="Remove it"
        pending={act.isPending}
        error={act.error}
        onConfirm={() =>
          write(
            rules.filter((_, at) => at !== removing),
            `The ${one} is removed.`,
          )
        }
      >
        {sentenceOf(project.rule_fields[list], rules[removing ?? -1] ?? {})} New charges go by the other rules and the
        tables; those that are known stay as they are.
      </ConfirmDialog>
    </Panel>
  )
}

interface RuleTableProps {
  readonly title: string
  readonly one: string
  readonly fields: readonly Field[]
  readonly rules: readonly FieldValues[]
  readonly open: boolean
  readonly onEdit: (index: number) => void
  readonly onRemove: (index: number) => void
}

function RuleTable({ title, one, fields, rules, open, onEdit, onRemove }: RuleTableProps) {
  const used = fields.filter((field) => field.required === true || rules.some((rule) => isGiven(rule[field.key])))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <section className={classes.scroll} tabIndex={0} aria-label={`${title}, table`}>
      <Table className={classes.table} aria-label={title} fz="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>#</Table.Th>
            {used.map(({ key, label }) => (
              <Table.Th key={key}>{label}</Table.Th>
            ))}
            {open && <Table.Th>What to do</Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rules.map((rule, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a rule is its place in the list
            <Table.Tr key={index}>
              <Table.Td className="figures">{index + 1}</Table.Td>
              {used.map((field) => (
                <Table.Td key={field.key} className="figures">
                  {textOf(field, rule[field.key])}
                </Table.Td>
              ))}
              {open && (
                <Table.Td>
                  <Group gap={4} wrap="nowrap">
                    <Button
                      size="compact-xs"
                      variant="default"
                      onClick={() => onEdit(index)}
                      aria-label={`Edit ${one} ${index + 1}`}
                    >
                      Edit
                    </Button>
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      color="red"
                      onClick={() => onRemove(index)}
                      aria-label={`Remove ${one} ${index + 1}`}
                    >
                      Remove
                    </Button>
                  </Group>
                </Table.Td>
              )}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  )
}

function textOf(field: Field, value: unknown): string {
  if (!isGiven(value)) return 'any'
  if (field.key === 'rate' && typeof value === 'number') return `${Number((value * 100).toFixed(4))} %`
  if (field.key === 'store') return storeName(String(value))
  if (Array.isArray(value))
    return value.map((one) => (field.key === 'programs' ? words(String(one)) : String(one))).join(', ')
  return String(value)
}

/** "Rate 15 %, Store App Store." */
function sentenceOf(fields: readonly Field[], rule: FieldValues): string {
  const parts = fields
    .filter((field) => isGiven(rule[field.key]))
    .map((field) => `${field.label} ${textOf(field, rule[field.key])}`)
  return parts.length === 0 ? '' : `${parts.join(', ')}.`
}

function article(word: string): string {
  return /^[aeiou]/.test(word) ? 'an' : 'a'
}
