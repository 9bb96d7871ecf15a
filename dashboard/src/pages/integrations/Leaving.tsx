import { useBlocker } from '@tanstack/react-router'
import { ConfirmDialog } from '../../parts/ConfirmDialog.tsx'

interface LeavingProps {
  /** Whether something is changed and not saved. Asked when somebody leaves, so that a save counts at once. */
  readonly isDirty: () => boolean
}

/** Asks before a page with changes is left; closing the window is asked about by the browser. */
export function Leaving({ isDirty }: LeavingProps) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => {
      const tab = (search: unknown): unknown => (search as { readonly tab?: unknown }).tab
      const stays = current.pathname === next.pathname && tab(current.search) === tab(next.search)
      return !stays && isDirty()
    },
    enableBeforeUnload: isDirty,
    withResolver: true,
  })
  return (
    <ConfirmDialog
      opened={blocker.status === 'blocked'}
      onClose={() => blocker.reset?.()}
      title="Leave without saving?"
      act="Leave without saving"
      onConfirm={() => blocker.proceed?.()}
    >
      What you changed on this page is not saved and would be lost.
    </ConfirmDialog>
  )
}
