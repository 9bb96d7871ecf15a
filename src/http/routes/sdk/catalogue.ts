import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Offering, offeredProduct, productAt } from '../../../domain/offering.ts'
import type { Project } from '../../../domain/project.ts'
import { STORES, type StoreName } from '../../../domain/purchase.ts'
import { accessOf } from '../../access.ts'
import type { HubDoors } from '../../doors.ts'
import { sendKept } from './answers.ts'
import { appOfRequest } from './receipt-app.ts'
import { refusedId, type Subscriber } from './subscriber-id.ts'

/** What the project sells and what it unlocks, from its settings; the same for every customer. */
export function catalogueRoutes(scope: FastifyInstance, doors: HubDoors): void {
  const get = (url: string, answer: (request: FastifyRequest) => Readonly<Record<string, unknown>>): void => {
    scope.route({
      method: 'GET',
      url,
      config: { policy: 'sdk_public' },
      handler: async (request, reply) =>
        withGoodId(request, reply) ?? sendKept(request, reply, 200, answer(request), doors.now()),
    })
  }
  const offerings = (request: FastifyRequest) =>
    toApiOfferings(projectOf(request, doors).offerings ?? [], storeOf(request, doors))
  get('/v1/offerings', offerings)
  get('/v1/subscribers/:id/offerings', offerings)
  get('/v1/subscribers/:id/virtual_currencies', () => ({ virtual_currencies: {} }))
  get('/v1/product_entitlement_mapping', (request) => ({
    product_entitlement_mapping: toApiMapping(projectOf(request, doors)),
  }))
  get('/rcbilling/v1/branding', (request) =>
    toApiBranding(projectOf(request, doors), accessOf(request).app?.id ?? null),
  )
  get('/rcbilling/v1/subscribers/:id/products', () => ({ product_details: [] }))
}

function withGoodId(request: FastifyRequest, reply: FastifyReply): FastifyReply | null {
  const { id } = request.params as Partial<Subscriber['Params']>
  return id === undefined ? null : refusedId(id, reply)
}

function projectOf(request: FastifyRequest, doors: HubDoors): Project {
  const project = doors.settings.current().project(accessOf(request).projectId)
  if (project === undefined) throw new Error('The project of a key is gone: a view of settings holds a key without it')
  return project
}

/** null where a key of the whole project does not say for which store it asks. */
function storeOf(request: FastifyRequest, doors: HubDoors): StoreName | null {
  const found = appOfRequest(request, { token: null, storeUserId: null }, doors.settings.current())
  return found.kind === 'unclear' ? null : (STORES.find((store) => store === found.app.store) ?? null)
}

function toApiOfferings(offerings: readonly Offering[], store: StoreName | null) {
  return {
    current_offering_id: offerings.find(({ current }) => current)?.id ?? null,
    offerings: offerings.map(({ id, description, metadata, packages }) => ({
      identifier: id,
      description,
      metadata,
      packages: packages.flatMap((one) => {
        const sold = productAt(one, store)
        if (sold === null) return []
        const { product, plan } = sold
        return [
          {
            identifier: one.id,
            platform_product_identifier: product,
            ...(plan === null ? {} : { platform_product_plan_identifier: plan }),
          },
        ]
      }),
    })),
  }
}

/** From entitlement → products to product → entitlements: the SDKs work with it while they cannot reach us. */
function toApiMapping({ entitlements }: Project) {
  const byProduct = new Map<string, string[]>()
  for (const [entitlement, products] of Object.entries(entitlements)) {
    for (const id of products) byProduct.set(id, [...(byProduct.get(id) ?? []), entitlement])
  }
  return Object.fromEntries(
    Array.from(byProduct, ([id, unlocked]) => {
      const { product, plan } = offeredProduct(id)
      return [
        id,
        { product_identifier: product, ...(plan === null ? {} : { base_plan_id: plan }), entitlements: unlocked },
      ]
    }),
  )
}

function toApiBranding({ id, name }: Project, appId: string | null) {
  return {
    id: appId ?? id,
    app_name: name,
    app_icon: null,
    app_icon_webp: null,
    app_wordmark: null,
    app_wordmark_webp: null,
    appearance: null,
    gateway_tax_collection_enabled: false,
    brand_font_config: null,
  }
}
