import { z } from 'zod'
import { type OfferedPackage, type OfferedProduct, type Offering, offeredProduct } from '../domain/offering.ts'
import { STORES } from '../domain/purchase.ts'
import { isObject, plainText } from './declared.ts'

/** `offerings` of a project in a config file, and as the domain has them. */

const MOST = 100
const MOST_METADATA_BYTES = 8192
const FILLED = plainText(200).refine(
  (text) => text.trim() === text && text !== '',
  'must not be empty or begin or end with a space',
)
const SELLING = STORES.filter((store) => store !== 'promotional')

type Product = string | { readonly product: string; readonly plan?: string | null | undefined }
type Given = Product | Readonly<Partial<Record<(typeof SELLING)[number], Product>>>

/** One sentence for all that may be wrong with it: which of the three forms was meant, nobody can tell. */
const packageProduct = z.custom<Given>(
  (given) => isProduct(given) || isByStore(given),
  `must be a product id, { product, plan }, or one of either for each of ${SELLING.join(', ')}`,
)

function isProduct(given: unknown): given is Product {
  if (!isObject(given)) return FILLED.safeParse(given).success
  const { product, plan, ...rest } = given
  const planned = plan === undefined || plan === null || FILLED.safeParse(plan).success
  return FILLED.safeParse(product).success && planned && Object.keys(rest).length === 0
}

function isByStore(given: unknown): boolean {
  if (!isObject(given)) return false
  const stores = Object.entries(given)
  return stores.length > 0 && stores.every(([store, one]) => SELLING.some((name) => name === store) && isProduct(one))
}

const offering = z.strictObject(
  {
    description: plainText(500).nullish(),
    current: z.boolean('must be true or false').nullish(),
    metadata: z
      .record(plainText(200), z.json(), 'must be a group of keys and values')
      .refine((value) => JSON.stringify(value).length <= MOST_METADATA_BYTES, 'is larger than 8 KiB')
      .nullish(),
    packages: z
      .record(FILLED, packageProduct, 'must be names of packages with products')
      .refine(
        (packages) => Object.keys(packages).length > 0,
        'must hold at least one package: the SDKs leave out an offering without one',
      )
      .refine((packages) => Object.keys(packages).length <= MOST, `has more than ${MOST} packages`),
  },
  {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? 'is not known here; known are description, current, metadata, packages'
        : 'must be a group with packages',
  },
)

/** Offerings by their ids, in the order of the file. */
export const OFFERINGS = z
  .record(FILLED, offering, 'must be names of offerings with their packages')
  .refine((all) => Object.keys(all).length <= MOST, `has more than ${MOST} offerings`)
  .refine(
    (all) => Object.values(all).filter(({ current }) => current === true).length <= 1,
    'has several with current: true; only one offering can be the current one',
  )
  .nullish()

/** As storage keeps them: what the file says. */
export type OfferingsBody = NonNullable<z.infer<typeof OFFERINGS>>

/** The only offering of a project is its current one, whether it says so or not. */
export function offeringsOf(body: OfferingsBody | undefined): readonly Offering[] {
  const all = Object.entries(body ?? {})
  return all.map(([id, { description, current, metadata, packages }]) => ({
    id,
    description: description ?? id,
    current: current ?? all.length === 1,
    metadata: metadata ?? {},
    packages: Object.entries(packages).map(
      ([name, given]): OfferedPackage => ({ id: name, product: productOf(given) }),
    ),
  }))
}

function productOf(given: Given): OfferedPackage['product'] {
  if (isProduct(given)) return plain(given)
  const stores = Object.entries(given).flatMap(([store, one]) => (one === undefined ? [] : [[store, plain(one)]]))
  return { byStore: Object.fromEntries(stores) }
}

function plain(given: Product): OfferedProduct {
  return typeof given === 'string' ? offeredProduct(given) : { product: given.product, plan: given.plan ?? null }
}
