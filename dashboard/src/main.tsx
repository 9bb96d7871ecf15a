import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './theme.css'
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { queries } from './queries.ts'
import { router } from './router.tsx'
import { theme } from './theme.ts'

/** Drawn anew for every page by the hub: style elements without it are refused. */
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? ''
// Read by the library that locks scrolling behind dialogs: https://github.com/theKashey/get-nonce
Object.assign(globalThis, { __webpack_nonce__: nonce })

const scheme = localStorageColorSchemeManager({ key: 'tributary-theme' })
const root = document.getElementById('root')
if (root === null) throw new Error('The page has no element with the id root; build the dashboard again.')

createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} colorSchemeManager={scheme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={queries}>
        <Notifications position="bottom-right" limit={4} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
