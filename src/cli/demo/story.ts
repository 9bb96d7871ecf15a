import { amazonScenes } from './amazon.ts'
import { appStoreScenes } from './app-store.ts'
import { grantScenes } from './grants.ts'
import { playStoreScenes } from './play-store.ts'
import type { Scene } from './scene.ts'
import type { PlayedStores } from './stores.ts'
import { stripeScenes } from './stripe.ts'

/** Lives at every store, and a grant that no store knows of. `now`: where the story ends (milliseconds). */
export function demoStory(stores: PlayedStores, now: number): readonly Scene[] {
  return [
    ...appStoreScenes(stores, now),
    ...playStoreScenes(stores, now),
    ...amazonScenes(stores, now),
    ...stripeScenes(stores, now),
    ...grantScenes(),
  ]
}
