import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useProject } from '../project.ts'
import { PAGES } from './pages.ts'

/** How long a "g" waits for its second letter. */
const CHORD_MS = 1_200

interface Acts {
  readonly onPalette: () => void
  readonly onHelp: () => void
}

/** ⌘K or Ctrl+K, "?", and "g" with the letter of a page. Letters mean nothing while somebody writes. */
export function useShortcuts(acts: Acts): void {
  const navigate = useNavigate()
  const { id } = useProject()
  const now = useRef({ acts, id })
  useEffect(() => {
    now.current = { acts, id }
  })
  useEffect(() => {
    let chord = Number.NEGATIVE_INFINITY
    const press = (event: KeyboardEvent): void => {
      const { acts, id } = now.current
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        acts.onPalette()
        return
      }
      if (event.metaKey || event.ctrlKey || event.altKey || writes(event.target)) return
      const page = event.timeStamp - chord < CHORD_MS ? PAGES.find(({ key }) => key === event.key) : undefined
      chord = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY
      if (page !== undefined) void navigate({ to: page.to, params: { project: id } })
      else if (event.key === '?') acts.onHelp()
    }
    globalThis.addEventListener('keydown', press)
    return () => globalThis.removeEventListener('keydown', press)
  }, [navigate])
}

function writes(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
}
