import { Table, VisuallyHidden } from '@mantine/core'
import { IconCheck, IconMinus } from '@tabler/icons-react'
import { PERMITTED, ROLES } from './roles.ts'
import classes from './Settings.module.css'

export function RoleTable() {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <section className={classes.scroll} tabIndex={0} aria-label="Roles, table">
      <Table className={classes.table} fz="sm" withTableBorder bg="var(--raised)" aria-label="What each role may">
        <Table.Thead>
          <Table.Tr>
            <Table.Th miw={240}>May</Table.Th>
            {ROLES.map(({ value, label }) => (
              <Table.Th key={value} ta="center">
                {label}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {PERMITTED.map(({ permission, may, roles }) => (
            <Table.Tr key={permission}>
              <Table.Td>{may}</Table.Td>
              {ROLES.map(({ value }) => (
                <Table.Td key={value} ta="center">
                  {roles.includes(value) ? (
                    <IconCheck size={16} aria-hidden />
                  ) : (
                    <IconMinus size={16} opacity={0.4} aria-hidden />
                  )}
                  <VisuallyHidden>{roles.includes(value) ? 'yes' : 'no'}</VisuallyHidden>
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  )
}
