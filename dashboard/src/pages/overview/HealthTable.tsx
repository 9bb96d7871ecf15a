import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { Panel } from '../../parts/Panel.tsx'
import classes from './Overview.module.css'

interface Column {
  readonly name: string
  /** Numbers stand at the right. */
  readonly right?: boolean
}

interface Row {
  readonly id: string
  readonly name: ReactNode
  /** One for each column after the first. */
  readonly cells: readonly ReactNode[]
}

interface HealthTableProps {
  readonly title: string
  readonly about: string
  /** What is said where nothing is connected. */
  readonly empty: ReactNode
  readonly head: string
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
}

/** How everything that is connected does, a line each; on a phone each is a card whose values carry their names. */
export function HealthTable({ title, about, empty, head, columns, rows }: HealthTableProps) {
  const classOf = ({ right }: Column): string | undefined => (right === true ? classes.right : undefined)
  return (
    <Panel title={title} about={about} flush>
      {rows.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          {empty}
        </Text>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th>{head}</th>
              {columns.map((column) => (
                <th key={column.name} className={classOf(column)}>
                  {column.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ id, name, cells }) => (
              <tr key={id}>
                <th scope="row">{name}</th>
                {columns.map((column, index) => (
                  <td key={column.name} className={classOf(column)} data-label={column.name}>
                    {cells[index]}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}
