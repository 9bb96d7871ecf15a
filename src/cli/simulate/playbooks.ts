import { amazon } from './amazon.ts'
import { appStore } from './app-store.ts'
import type { Playbook } from './script.ts'

/** What the stand-in of each store can be asked to live. */
export const PLAYBOOKS: readonly Playbook[] = [appStore, amazon]
