import { Text } from '@mantine/core'
import { IconListDetails } from '@tabler/icons-react'
import { type Act, listActs } from '../../api/settings.ts'
import { type Column, DataTable } from '../../parts/DataTable.tsx'
import { EmptyState } from '../../parts/EmptyState.tsx'
import { useList } from '../../parts/list.ts'
import { PageHeader } from '../../parts/PageHeader.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { words } from '../../parts/words.ts'
import { useProject } from '../../project.ts'
import classes from './Settings.module.css'

const COLUMNS: readonly Column<Act>[] = [
  {
    key: 'act',
    header: 'What',
    phone: 'title',
    width: 'minmax(160px, 1.2fr)',
    cell: ({ act, kind, on }) => (
      <span title={on}>
        {words(act)} {kind}{' '}
        <Text span inherit c="dimmed" fw={400}>
          {on}
        </Text>
      </span>
    ),
  },
  {
    key: 'changes',
    header: 'Changes',
    width: 'minmax(0, 2fr)',
    cell: ({ changes }) => <Changes changes={changes} />,
  },
  {
    key: 'who',
    header: 'Who',
    width: 'minmax(120px, 1fr)',
    cell: ({ actor }) => <span title={actor.name}>{actor.name}</span>,
  },
  { key: 'at', header: 'When', width: '150px', cell: ({ at }) => <TimeText at={at} /> },
]

export function AuditSettings() {
  const { id, may } = useProject()
  const list = useList(['audit', id], (before) => listActs(id, before), { enabled: may('audit') })
  return (
    <>
      <PageHeader title="Audit log" about="Who did what in this project, newest first. Secrets are never in it." />
      {may('audit') ? (
        <DataTable
          label="Acts"
          columns={COLUMNS}
          list={list}
          keyOf={(act) => act.id}
          empty={
            <EmptyState icon={IconListDetails} title="Nothing yet">
              What members, keys and the operator do here is listed from now on.
            </EmptyState>
          }
        />
      ) : (
        <EmptyState icon={IconListDetails} title="Not with your role">
          Owners, admins and developers of the project read the audit log; ask one of them.
        </EmptyState>
      )}
    </>
  )
}

/** As from → to; what was not there before, or is not there any more, is said so. */
function Changes({ changes }: { readonly changes: Act['changes'] }) {
  if (changes.length === 0) return <span>–</span>
  if (changes.length <= SHORT) return <ChangeList changes={changes} />
  return (
    <details className={classes.more}>
      <summary>{changes.length} settings</summary>
      <ChangeList changes={changes} />
    </details>
  )
}

/** What is added has twenty settings, most of them as they always are. */
const SHORT = 4

function ChangeList({ changes }: { readonly changes: Act['changes'] }) {
  return (
    <ul className={classes.changes}>
      {changes.map(({ path, from, to }) => (
        <li key={path}>
          <Text span inherit c="dimmed">
            {path}:
          </Text>{' '}
          <Value of={from} /> → <Value of={to} />
        </li>
      ))}
    </ul>
  )
}

/** A list of rules would fill the page. */
const LONGEST = 160

function Value({ of }: { readonly of: string | null }) {
  if (of === null) return <i>nothing</i>
  return of.length <= LONGEST ? <span>{of}</span> : <span title={of}>{`${of.slice(0, LONGEST)}…`}</span>
}
