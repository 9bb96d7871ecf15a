import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** `npm run dashboard` serves the sources; the hub whose API they ask is the one on its usual port. */
const HUB = 'http://127.0.0.1:7070'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  server: { proxy: { '/api': HUB } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    manifest: true,
    target: 'es2022',
    // light-dark() as it is: what it would be rewritten to follows the system and not the reader's choice.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    sourcemap: false,
    // The policy of the page allows no data: scripts and no inline styles, and a file is cached where text is not.
    assetsInlineLimit: 0,
    // The hub's policy lets the page load its own scripts only, and the preloads of Vite need no polyfill.
    modulePreload: { polyfill: false },
    // One file brings the first page, and one what the other pages share: each page had some sixty small ones before,
    // which took 790 ms instead of 480 ms to the overview on two cores, and ten round trips more where HTTP/1.1 is spoken.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'first', tags: ['$initial'], priority: 2 },
            { name: 'shared', minShareCount: 2, priority: 1 },
          ],
        },
      },
    },
  },
})
