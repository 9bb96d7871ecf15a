import { Skeleton, Stack } from '@mantine/core'
import { IconUserQuestion } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useMemo } from 'react'
import { type Customer, customerQuery } from '../../api/customers.ts'
import { ApiProblem } from '../../api/problem.ts'
import { CopyButton } from '../../parts/CopyButton.tsx'
import { EmptyState } from '../../parts/EmptyState.tsx'
import { ErrorState } from '../../parts/ErrorState.tsx'
import { Facts } from '../../parts/Facts.tsx'
import { LinkButton, LinkText } from '../../parts/links.tsx'
import { MoneyText } from '../../parts/MoneyText.tsx'
import { PageHeader } from '../../parts/PageHeader.tsx'
import { Panel } from '../../parts/Panel.tsx'
import { TimeText } from '../../parts/TimeText.tsx'
import { useProject } from '../../project.ts'
import { Aliases } from './Aliases.tsx'
import { Attributes } from './Attributes.tsx'
import { CustomerActs } from './CustomerActs.tsx'
import classes from './Customers.module.css'
import { Entitlements } from './Entitlements.tsx'
import { Purchases } from './Purchases.tsx'
import { Timeline } from './Timeline.tsx'
import { Transactions } from './Transactions.tsx'
import { WhyNot } from './WhyNot.tsx'

const route = getRouteApi('/in/$project/customers/$id')

export function CustomerPage() {
  const { id: project } = useProject()
  const { id } = route.useParams()
  const customer = useQuery(customerQuery(project, id))
  const above = [
    <LinkText key="customers" to="/$project/customers" params={{ project }} size="sm">
      Customers
    </LinkText>,
  ]
  if (customer.data !== undefined) return <Whole customer={customer.data} id={id} above={above} />
  return (
    <>
      <PageHeader title="Customer" above={above} />
      {customer.isPending ? (
        <Stack role="status" aria-label="The customer is loading">
          <Skeleton height={110} radius="md" />
          <Skeleton height={320} radius="md" />
        </Stack>
      ) : customer.error instanceof ApiProblem && customer.error.status === 404 ? (
        <EmptyState
          icon={IconUserQuestion}
          title="Nobody has this id"
          action={
            <LinkButton variant="default" to="/$project/customers" params={{ project }}>
              All customers
            </LinkButton>
          }
        >
          Compare it with the id in your app; {id} is not known in this project, or the person was erased.
        </EmptyState>
      ) : (
        <ErrorState error={customer.error} onRetry={() => void customer.refetch()} />
      )}
    </>
  )
}

interface WholeProps {
  readonly customer: Customer
  /** The one of their ids that the address has. */
  readonly id: string
  readonly above: readonly ReactNode[]
}

function Whole({ customer, id, above }: WholeProps) {
  const email = customer.attributes.$email?.value
  const transactions = useMemo(
    () => customer.purchases.flatMap((purchase) => purchase.transactions.map((one) => ({ purchase, one }))),
    [customer.purchases],
  )
  return (
    <>
      <PageHeader
        title={id}
        about={email}
        above={above}
        beside={<CopyButton value={id} what="the id" />}
        actions={<CustomerActs id={id} customer={customer} />}
      />
      <Stack>
        <Head customer={customer} />
        <div className={classes.columns}>
          <Stack>
            <Timeline id={id} />
          </Stack>
          <Stack>
            <Purchases purchases={customer.purchases} />
            <Entitlements id={id} customer={customer} />
            <WhyNot id={id} />
            <Attributes id={id} attributes={customer.attributes} />
            <Aliases customer={customer} />
          </Stack>
        </div>
        <Transactions transactions={transactions} />
      </Stack>
    </>
  )
}

function Head({ customer }: { readonly customer: Customer }) {
  const { spent } = customer
  return (
    <Panel title="At a glance">
      <Facts
        facts={[
          ['Spent in production', <SpentText key="spent" spent={spent} />],
          ['First seen', <TimeText key="first" at={customer.first_seen_at} />],
          ['Last seen', <TimeText key="last" at={customer.last_seen_at} />],
          ['Last seen as', customer.last_seen_app_user_id],
          ['First known as', customer.original_app_user_id],
        ]}
      />
    </Panel>
  )
}

function SpentText({ spent }: { readonly spent: Customer['spent'] }) {
  const { usd_micros: usd, by_currency: sums, unpriced } = spent
  const others = sums.filter(({ currency }) => currency !== 'USD' || sums.length > 1)
  return (
    <>
      {usd === null ? (
        sums.map(({ currency, micros }, index) => (
          <span key={currency}>
            {index > 0 && ' + '}
            <MoneyText micros={micros} currency={currency} />
          </span>
        ))
      ) : (
        <>
          <MoneyText micros={usd} currency="USD" />
          {others.length > 0 && (
            <span className={classes.quiet}>
              {' from '}
              {others.map(({ currency, micros }, index) => (
                <span key={currency}>
                  {index > 0 && ' + '}
                  <MoneyText micros={micros} currency={currency} />
                </span>
              ))}
            </span>
          )}
        </>
      )}
      {unpriced > 0 && <span className={classes.quiet}>{` and ${unpriced} of unknown price`}</span>}
    </>
  )
}
