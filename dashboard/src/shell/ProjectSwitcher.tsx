import { Menu, Text, UnstyledButton } from '@mantine/core'
import { IconCheck, IconSelector } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useProject, useSession } from '../project.ts'
import { Mark } from './Mark.tsx'
import classes from './Shell.module.css'

export function ProjectSwitcher() {
  const { id, access, environment } = useProject()
  const { projects } = useSession()
  const navigate = useNavigate()
  return (
    <Menu position="bottom-start" width={240}>
      <Menu.Target>
        <UnstyledButton className={classes.project} aria-label={`Project ${access.name}; choose another`}>
          <Mark size={24} />
          <Text fw={600} truncate>
            {access.name}
          </Text>
          <IconSelector size={16} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Projects</Menu.Label>
        {projects.map((project) => (
          <Menu.Item
            key={project.id}
            rightSection={project.id === id ? <IconCheck size={16} aria-label="open" /> : null}
            onClick={() =>
              void navigate({ to: '/$project/overview', params: { project: project.id }, search: { environment } })
            }
          >
            {project.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
