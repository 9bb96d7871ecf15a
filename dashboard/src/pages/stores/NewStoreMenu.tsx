import { Button, Menu } from '@mantine/core'
import { IconChevronDown, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { connectorsQuery } from '../../api/connectors.ts'
import { useProject } from '../../project.ts'

/** The stores that can be connected, as the hub declares them. What sends no messages is not connected. */
export function NewStoreMenu() {
  const { id } = useProject()
  const connectors = useQuery(connectorsQuery(id))
  const navigate = useNavigate()
  const stores = connectors.data?.stores.filter(({ slug }) => slug !== null) ?? []
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          leftSection={<IconPlus size={16} aria-hidden />}
          rightSection={<IconChevronDown size={14} aria-hidden />}
          loading={connectors.isLoading}
        >
          New
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Where does the app sell?</Menu.Label>
        {stores.map((store) => (
          <Menu.Item
            key={store.id}
            onClick={() =>
              void navigate({ to: '/$project/stores/new/$store', params: { project: id, store: store.id } })
            }
          >
            {store.title}
          </Menu.Item>
        ))}
        {connectors.isError && <Menu.Item disabled>The hub did not say which; load the page again.</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  )
}
