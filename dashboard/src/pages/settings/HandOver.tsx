import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { handOver } from '../../api/settings.ts'
import { ConfirmDialog } from '../../parts/ConfirmDialog.tsx'
import { sayDone } from '../../parts/notify.ts'
import { queries } from '../../queries.ts'

/** For a project that began with a file and is to be changed here from now on. */
export function HandOver({ id }: { readonly id: string }) {
  const [asked, setAsked] = useState(false)
  const act = useMutation({
    mutationFn: () => handOver(id),
    onSuccess: async () => {
      setAsked(false)
      sayDone('The dashboard manages the project now.')
      await queries.invalidateQueries()
    },
  })
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setAsked(true)}>
        Hand over to the dashboard
      </Button>
      <ConfirmDialog
        opened={asked}
        onClose={() => setAsked(false)}
        title={`Let the dashboard manage ${id}?`}
        act="Hand it over"
        onConfirm={() => act.mutate()}
        pending={act.isPending}
        error={act.error}
        calm
      >
        The project with its stores, integrations and keys stays as it is and can be changed here. The config file
        leaves it alone from then on; applied with --adopt, it takes it back.
      </ConfirmDialog>
    </>
  )
}
