import { amazon } from './amazon.ts'
import { appStore } from './app-store.ts'
import { playStore } from './play-store.ts'
import type { Playbook } from './script.ts'
import { stripe } from './stripe.ts'

/** What the stand-in of each store can be asked to live. */
export const PLAYBOOKS: readonly Playbook[] = [appStore, playStore, amazon, stripe]
