import { Button, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch, IconUsers } from '@tabler/icons-react'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { type CustomerSummary, searchCustomers } from '../../api/customers.ts'
import { type Column, DataTable } from '../../parts/DataTable.tsx'
import { EmptyState } from '../../parts/EmptyState.tsx'
import { useList } from '../../parts/list.ts'
import { PageHeader } from '../../parts/PageHeader.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { useProject } from '../../project.ts'

const route = getRouteApi('/in/$project/customers')

const PAUSE_MS = 200

const COLUMNS: readonly Column<CustomerSummary>[] = [
  {
    key: 'id',
    header: 'Customer',
    width: 'minmax(180px, 2fr)',
    phone: 'title',
    cell: ({ last_seen_app_user_id: id }) => id,
  },
  {
    key: 'email',
    header: 'E-mail',
    width: 'minmax(140px, 1.5fr)',
    cell: ({ attributes }) => attributes.$email?.value ?? '–',
  },
  {
    key: 'ids',
    header: 'Ids',
    width: '60px',
    align: 'right',
    phone: 'hidden',
    cell: ({ aliases }) => aliases.length,
  },
  {
    key: 'seen',
    header: 'Last seen',
    width: '150px',
    align: 'right',
    cell: ({ last_seen_at: at }) => <TimeText at={at} />,
  },
]

export function CustomersPage() {
  const { id: project } = useProject()
  const { query = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const list = useList(['customers', project, query], (after) => searchCustomers(project, query, after))
  const search = (text: string): void =>
    void navigate({
      search: ({ query: _, ...old }) => (text.trim() === '' ? old : { ...old, query: text.trim() }),
      replace: true,
    })
  return (
    <>
      <PageHeader
        title="Customers"
        about="Everybody the hub knows, newest seen first. Search finds the beginning of an id or an e-mail address, or a whole transaction id."
      />
      <SearchLine query={query} search={search} />
      <DataTable
        label="Customers"
        columns={COLUMNS}
        list={list}
        keyOf={({ original_app_user_id: id }) => id}
        link={({ last_seen_app_user_id: id }, cell) => (
          <Link to="/$project/customers/$id" params={{ project, id }}>
            {cell}
          </Link>
        )}
        empty={
          query === '' ? (
            <EmptyState icon={IconUsers} title="Nobody is known yet">
              Customers appear with their first purchase, or when an app with an SDK of this hub starts for them.
            </EmptyState>
          ) : (
            <EmptyState
              icon={IconUsers}
              title="Nobody matches"
              action={
                <Button variant="default" onClick={() => search('')}>
                  Clear the search
                </Button>
              }
            >
              Ids and e-mail addresses are searched from their beginning, capitals and all; transaction ids must be
              whole.
            </EmptyState>
          )
        }
      />
    </>
  )
}

function SearchLine({ query, search }: { readonly query: string; readonly search: (text: string) => void }) {
  const [text, setText] = useState(query)
  const later = useDebouncedCallback(search, PAUSE_MS)
  useEffect(() => setText(query), [query])
  return (
    <TextInput
      role="searchbox"
      aria-label="Search customers"
      placeholder="App user id, e-mail, or whole transaction id"
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value)
        later(event.currentTarget.value)
      }}
      maxLength={200}
      spellCheck={false}
      autoComplete="off"
      maw={520}
      mb="md"
    />
  )
}
