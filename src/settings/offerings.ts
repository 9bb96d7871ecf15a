import { z } from 'zod'
import { type OfferedPackage, type OfferedProduct, type Offering, offeredProduct } from '../domain/offering.ts'
import { STORES } from '../domain/purchase.ts'
import { plainText } from './declared.ts'

/** `offerings` of a project in a config file, and as the domain has them. */

const MOST = 100
const MOST_METADATA_BYTES = 8192
const SELLING = STORES.filter((store) => store !== 'promotional')

const product = z.union(
  [filled(200), z.strictObject({ product: filled(200), plan: filled(200).nullish() })],
  'must be a product id, as com.acme.monthly or "gold:monthly", or { product, plan }',
)
const packageProduct = z.union(
  [
    product,
    z
      .partialRecord(z.enum(SELLING), product)
      .refine((stores) => Object.keys(stores).length > 0, 'must name at least one store'),
  ],
  `must be a product id, { product, plan }, or one of either for each of ${SELLING.join(', ')}`,
)
const offering = z.strictObject(
  {
    description: plainText(500).nullish(),
    current: z.boolean('must be true or false').nullish(),
    metadata: z
      .record(plainText(200), z.json(), 'must be a group of keys and values')
      .refine((value) => JSON.stringify(value).length <= MOST_METADATA_BYTES, 'is larger than 8 KiB')
      .nullish(),
    packages: z
      .record(filled(200), packageProduct, 'must be names of packages with products')
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
  .record(filled(200), offering, 'must be names of offerings with their packages')
  .refine((all) => Object.keys(all).length <= MOST, `has more than ${MOST} offerings`)
  .refine(
    (all) => Object.values(all).filter(({ current }) => current === true).length <= 1,
    'has several with current: true; only one offering can be the current one',
  )
  .nullish()

/** As storage keeps them: what the file says. */
export type OfferingsBody = NonNullable<z.infer<typeof OFFERINGS>>

function filled(maxLength: number) {
  return plainText(maxLength).refine(
    (text) => text.trim() === text && text !== '',
    'must not be empty or begin or end with a space',
  )
}

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

type Given = OfferingsBody[string]['packages'][string]

function productOf(given: Given): OfferedPackage['product'] {
  if (typeof given === 'string') return offeredProduct(given)
  if ('product' in given) return plain(given)
  return { byStore: Object.fromEntries(Object.entries(given).map(([store, one]) => [store, plain(one)])) }
}

function plain(given: z.infer<typeof product>): OfferedProduct {
  return typeof given === 'string' ? offeredProduct(given) : { product: given.product, plan: given.plan ?? null }
}
