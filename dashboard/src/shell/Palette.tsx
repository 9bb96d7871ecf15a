import { Modal } from '@mantine/core'
import { useState } from 'react'
import { PaletteSearch } from './PaletteSearch.tsx'
import { PaletteWhy } from './PaletteWhy.tsx'

/** ⌘K: one line that finds pages, customers and events, and asks why somebody did not get an event. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const [asked, setAsked] = useState<{ readonly customer: string; readonly event: string } | null>(null)
  return (
    <Modal
      opened
      onClose={onClose}
      title={asked === null ? 'Search' : 'Why did somebody not get an event?'}
      withCloseButton={asked !== null}
      size="lg"
      // There at once, for whoever types on.
      transitionProps={{ duration: 0 }}
      yOffset="12vh"
      centered={false}
      padding={asked === null ? 0 : 'md'}
      {...(asked === null ? { styles: { header: { display: 'none' } } } : {})}
    >
      {asked === null ? (
        <PaletteSearch onClose={onClose} onWhy={(customer, event) => setAsked({ customer, event })} />
      ) : (
        <PaletteWhy first={asked} onBack={() => setAsked(null)} onClose={onClose} />
      )}
    </Modal>
  )
}
