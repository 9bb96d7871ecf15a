import { destinations } from '../destinations/registry.ts'
import { type Catalogue, catalogueOf } from '../settings/catalogue.ts'
import { storeDeclarations } from '../stores/registry.ts'

export const CATALOGUE: Catalogue = catalogueOf(storeDeclarations, destinations.values())
