import { Alert, Skeleton, Stack } from '@mantine/core'
import { IconBook } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { projectQuery, type RuleList } from '../../api/settings.ts'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { ManagedByFile } from '../../parts/ManagedByFile.tsx'
import { PageHeader } from '../../parts/PageHeader.tsx'
import { useProject } from '../../project.ts'
import { Programs } from './Programs.tsx'
import { Rules } from './Rules.tsx'

const LISTS: readonly {
  readonly list: RuleList
  readonly title: string
  readonly one: string
  readonly about: string
}[] = [
  {
    list: 'commission_rules',
    title: 'Commission rules',
    one: 'commission rule',
    about: 'Your own shares of the stores. The first rule that fits decides, before the tables of the hub.',
  },
  {
    list: 'tax_rules',
    title: 'Tax rules',
    one: 'tax rule',
    about: 'Your own tax rates, before the tables of the hub; what a store tells itself comes first.',
  },
  {
    list: 'exchange_rates',
    title: 'Exchange rates',
    one: 'exchange rate',
    about: 'Your own rates to the US dollar, from a day on, before the daily rates of the hub.',
  },
]

export function MoneySettings() {
  const { id } = useProject()
  const project = useQuery(projectQuery(id))
  return (
    <>
      <PageHeader title="Money" about="What of a price the stores and the taxes keep, and what it is in US dollars." />
      <Stack>
        <Alert variant="light" color="gray" icon={<IconBook aria-hidden />}>
          How amounts come about is in docs/money.md: the tables of commissions and taxes, their sources, and worked
          examples. What you write here comes before them, and never changes charges that are known already.
        </Alert>
        <Programs />
        {project.isError && <ErrorState error={project.error} onRetry={() => void project.refetch()} />}
        {project.isPending && <Skeleton height={240} role="status" aria-label="The rules are loading" />}
        {project.data !== undefined && (
          <>
            {project.data.managed === 'file' && <ManagedByFile what="The project with its rules" />}
            {LISTS.map((one) => (
              <Rules key={one.list} {...one} project={project.data} />
            ))}
          </>
        )}
      </Stack>
    </>
  )
}
